"""What can be told of a secret by its form: whether it is one of that kind at all."""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SIGNING_TOKEN = re.compile(r"whsec_([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")


def is_signing_token(text: str) -> bool:
    """As GitLab shows it."""
    return SIGNING_TOKEN.fullmatch(text) is not None


def is_app_key(pem: str) -> bool:
    """A GitHub App's private key."""
    try:
        return isinstance(load_pem_private_key(pem.encode(), None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def unfolded(pem: str) -> str:
    """A key that may be written in one line: a backslash and an n then stand for each end of a line."""
    return pem.replace("\\n", "\n")
