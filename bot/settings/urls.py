"""Addresses in settings: what is none, or would let a secret be read on its way, is refused."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationInfo

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def checked(url: str) -> str:
    """An address without a slash at its end. Raises ValueError."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL, such as https://example.org")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    return url.rstrip("/")


def not_insecure(url: str, info: ValidationInfo) -> str:
    """Plain http on this machine alone, unless `allow_insecure_hosts`, a field before this one, says otherwise. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not info.data.get("allow_insecure_hosts"):
        raise ValueError("uses plain http to another machine: use https, or set PENSTOCK_ALLOW_INSECURE_HOSTS=true")
    return url


Url = Annotated[str, AfterValidator(checked)]
HostUrl = Annotated[Url, AfterValidator(not_insecure)]
