"""Sealed secrets: HPKE (RFC 9180) to a key of the repository's own, as far as it goes without I/O. Anybody can seal; only the bot opens.

What is sealed is bound to its repository and to the secret's name: copied elsewhere, it does not open. A repository's key
follows from the master key, so that there is nothing more to keep, and nothing more to lose.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.model.repository import Repository
from bot.ports import SealBroken

LONGEST = 32_768
"""Characters of a secret. Longer ones would not fit into the environment that commands are given."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_VERSION = "v1."
_KEY_BYTES = 32
_NAME_BYTES = 24


def seal(public_key: str, repository: Repository, name: str, secret: str) -> str:
    """The secret as it may stand in a pipeline file. Raises SealBroken when the key or the secret can't be used."""
    if not secret:
        raise SealBroken("the secret is empty")
    if len(secret) > LONGEST:
        raise SealBroken(f"the secret is longer than {LONGEST} characters")
    if "\0" in secret:
        raise SealBroken("the secret has a zero byte in it, which no environment variable can have")
    try:
        key = X25519PublicKey.from_public_bytes(_decoded(public_key))
    except ValueError:
        raise SealBroken("the repository's public key is malformed") from None
    return _VERSION + _encoded(_SUITE.encrypt(secret.encode(), key, _purpose(repository, name)))


class Keyring:
    """The keys of all repositories, which follow from the master key (32 bytes). `older` are those that it was before."""

    def __init__(self, master_key: bytes, older: Sequence[bytes] = ()) -> None:
        self._masters = tuple(dict.fromkeys((master_key, *older)))

    def public_key(self, repository: Repository) -> str:
        """What secrets of the repository are sealed to."""
        return _encoded(_key(self._masters[0], repository).public_key().public_bytes_raw())

    def open(self, repository: Repository, name: str, sealed: str) -> str:
        """The secret. Raises SealBroken."""
        if not sealed.startswith(_VERSION):
            raise SealBroken(f"it does not begin with {_VERSION}")
        try:
            data = _decoded(sealed.removeprefix(_VERSION))
        except ValueError:
            data = b""
        for master in self._masters:
            with suppress(InvalidTag, ValueError):
                return _SUITE.decrypt(data, _key(master, repository), _purpose(repository, name)).decode()
        raise SealBroken("it was sealed for another repository or another name, for another bot, or is damaged")

    def unguessable(self, repository: Repository, *names: str) -> str:
        """192 bits that follow from the first of the master keys that there were: what has been told others stays as it is."""
        purpose = b"penstock address" + _identity(repository, *names)
        return HKDF(SHA256(), _NAME_BYTES, salt=None, info=purpose).derive(self._masters[-1]).hex()


def _key(master: bytes, repository: Repository) -> X25519PrivateKey:
    purpose = b"penstock repository key" + _identity(repository)
    return X25519PrivateKey.from_private_bytes(HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(master))


def _purpose(repository: Repository, name: str) -> bytes:
    return b"penstock secret" + _identity(repository, name)


def _identity(repository: Repository, *more: str) -> bytes:
    """Unambiguous, and the same after the repository is renamed."""
    return json.dumps([repository.provider, repository.id, *more]).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Strictly: whoever changes a character has changed the text."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
