"""Keys: the master key wraps the key of each artifact and the two secrets of each space. Nothing else is encrypted with it.

A wrapped key begins with the fingerprint of the master key that wraps it, so that a rotation is a rewrapping: the new master
key wraps what the old one unwraps, and no content is touched. The name under which a wrapped key is kept is authenticated
with it: moved to another place, it does not open.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.artifacts.errors import ArtifactDamaged

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_FINGERPRINT_BYTES = 8
_FINGERPRINT = "penstock master key fingerprint, version 1"
_WRAPPING = "penstock artifact key wrapping, version 1"


class KeyUnknown(ArtifactDamaged):
    """None of the master keys at hand has wrapped this: the right one must be set."""


@dataclass(frozen=True, slots=True)
class SpaceSecrets:
    """What the content of one space is named and encrypted with. `naming` keeps names from telling what they name."""

    naming: bytes
    content: bytes


class MasterKeys:
    """The master keys: the first wraps, all unwrap."""

    def __init__(self, masters: Sequence[bytes]) -> None:
        if not masters or any(len(master) != KEY_BYTES for master in masters):
            raise ValueError("a master key has 32 bytes")
        self._ciphers = {_fingerprint(master): AESGCM(_wrapping_key(master)) for master in masters}
        self._current = _fingerprint(masters[0])

    def wrap(self, key: bytes, name: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return self._current + nonce + self._ciphers[self._current].encrypt(nonce, key, name.encode())

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Raises KeyUnknown, ArtifactDamaged."""
        fingerprint, rest = wrapped[:_FINGERPRINT_BYTES], wrapped[_FINGERPRINT_BYTES:]
        cipher = self._ciphers.get(fingerprint)
        if cipher is None:
            raise KeyUnknown(f"{name} is encrypted with a master key that is not set here")
        try:
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError):
            raise ArtifactDamaged(f"{name} is damaged: its key does not open") from None

    def names(self) -> list[str]:
        """The master keys' fingerprints, in their order."""
        return [fingerprint.hex() for fingerprint in self._ciphers]

    def is_current(self, wrapped: bytes) -> bool:
        return wrapped[:_FINGERPRINT_BYTES] == self._current


def wrapped_by(wrapped: bytes) -> str:
    """The fingerprint of the master key that has wrapped it, whether that is at hand or not."""
    return wrapped[:_FINGERPRINT_BYTES].hex()


def _wrapping_key(master: bytes) -> bytes:
    """The master key has other uses, too: each has a key of its own that follows from it."""
    return blake3(master, derive_key_context=_WRAPPING).digest()


def _fingerprint(master: bytes) -> bytes:
    return blake3(master, derive_key_context=_FINGERPRINT).digest(_FINGERPRINT_BYTES)


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def encrypt(key: bytes, data: bytes | memoryview, name: str) -> bytes:
    """AES-256-GCM, a random nonce in front, bound to the name under which it is kept."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, name.encode())


def decrypt(key: bytes, data: bytes | memoryview, name: str) -> bytes:
    """Raises ArtifactDamaged."""
    view = memoryview(data)
    try:
        return AESGCM(key).decrypt(view[:NONCE_BYTES], view[NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError):
        raise _damaged(name) from None


def decrypt_into(buffer: memoryview, key: bytes, data: memoryview, name: str) -> memoryview:
    """What was encrypted, at the buffer's beginning. Raises ArtifactDamaged: what is in the buffer then is not to be looked at."""
    sealed = data[NONCE_BYTES:]
    room = buffer[: max(len(sealed) - TAG_BYTES, 0)]
    try:
        AESGCM(key).decrypt_into(data[:NONCE_BYTES], sealed, name.encode(), room)
    except (InvalidTag, ValueError):
        raise _damaged(name) from None
    return room


def _damaged(name: str) -> ArtifactDamaged:
    return ArtifactDamaged(f"{name} is damaged: it is not what was stored")
