"""Keys and secrets that the bot makes for itself on first start, kept in the data folder, readable by its user only."""

import base64
import binascii
import os
import secrets
from pathlib import Path

KEY_BYTES = 32

MASTER_KEY = "master-key"
OPERATOR_TOKEN = "operator-token"  # noqa: S105  a file's name
"""In the data folder: what the command line shows a bot on the same machine, to give it orders."""


class KeyMalformed(Exception):
    """A key is not 32 bytes in base64. The text names where it was looked for, never what was found."""


def master_keys(given: str, file: Path | None, kept: Path) -> list[bytes]:
    """The keys that all others follow from, the newest first: as given, or in the file, or made and kept.

    Several, separated by spaces or line ends, while one takes another's place. Raises KeyMalformed, OSError.
    """
    if given:
        return _keys(given, "PENSTOCK_MASTER_KEY")
    return _keys(file.read_text(), str(file)) if file else _keys(kept_secret(kept), str(kept))


def new_master_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def write_keys(file: Path, keys: list[bytes]) -> None:
    """One a line. The file has the old content or the new, whenever this is killed."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    lines = "".join(base64.urlsafe_b64encode(key).decode().rstrip("=") + "\n" for key in keys)
    _write_private(fresh, lines)
    fresh.replace(file)


def _keys(text: str, where: str) -> list[bytes]:
    return list(dict.fromkeys(_key(part, where) for part in text.split() or [""]))


def _key(text: str, where: str) -> bytes:
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMalformed(f"{where} is no master key: it must hold {KEY_BYTES} bytes in base64")
    return key


def kept_secret(path: Path) -> str:
    """The secret in the file; made, from 32 random bytes, when there is none yet.

    The file appears whole or not at all, so that a start killed in the middle leaves no half secret.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    _write_private(fresh, secrets.token_urlsafe(KEY_BYTES))
    try:
        os.link(fresh, path)  # unlike a rename, this leaves alone what another start has made meanwhile
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
