"""Signatures over a delivery's raw bytes, and shared secrets, compared in constant time. What a header is called is each host's own affair. No I/O.

Bytes, not text: compare_digest refuses text that is not ASCII, and a stranger writes these headers. All secrets are tried whichever fits, so that
the time says nothing of which.
"""

import hmac
from collections.abc import Iterable, Sequence

from bot.ports import SignatureMissing, SignatureWrong


def sha256_signature(secret: bytes, body: bytes) -> bytes:
    """As GitHub, Bitbucket and the embedded host write it."""
    return b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()


def raw(header: str) -> bytes:
    """The bytes that a header came as."""
    return header.encode("utf-8", "surrogateescape")


def equal_to(given: Sequence[bytes], true: Iterable[bytes | None]) -> list[int]:
    """Which of the true ones, by their numbers, one of those given is. None in their place fits nothing."""
    return [
        number
        for number, one in enumerate(true)
        if one is not None and any([hmac.compare_digest(each, one) for each in given])  # noqa: C419  all are compared
    ]


def signer(
    signature: str, body: bytes, secrets: Sequence[bytes], *, host: str, header: str, missing: str | None = None
) -> int:
    """The number of the secret that signed these very bytes. Raises SignatureMissing or SignatureWrong when none did, or there is none.

    `host` is its name in words, `header` where the signature is sent; `missing` says why it may not be there.
    """
    if not secrets:
        raise SignatureMissing(f"No webhook secret is configured for {host}, so no delivery can be trusted")
    if not signature:
        raise SignatureMissing(missing or f"The header {header} is missing: set a secret on the webhook")
    found = equal_to([raw(signature)], [sha256_signature(secret, body) for secret in secrets])
    if not found:
        raise SignatureWrong(f"{header} does not match the body: is the webhook's secret the one configured here?")
    return found[0]
