"""Keys and secrets that the bot makes for itself on first start, kept in the data folder, readable by its user only."""

import os
import secrets
from pathlib import Path


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
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # unlike a rename, this leaves alone what another start has made meanwhile
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()
