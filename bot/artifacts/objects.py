"""The object store below: a folder, S3, GCS or Azure, by its URL, through obstore. Objects are written whole or not at all.

Blocking: to be called in threads. What went wrong is told as StorageUnavailable, or None where there is no such object.
"""

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from bot.artifacts import names
from bot.ports import StorageFull, StorageUnavailable, is_full

_FULL = re.compile(rf"\(os error ({errno.ENOSPC}|{errno.EDQUOT})\)")
"""How the library tells of a full device, or of a quota that is used up."""

_HASTY = {"max_retries": 1, "retry_timeout": timedelta(seconds=10)}
_PATIENT = {"max_retries": 10, "retry_timeout": timedelta(seconds=30)}
"""For a moment of the store's; whoever is told that it fails tries again for longer, and says so meanwhile."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Objects:
    """Objects by name. `options` are the store's own, such as `endpoint` for an S3 that is not Amazon's.

    `plain_http` allows it, for an endpoint on loopback. `hasty`: somebody waits, and would rather be told soon that it does not answer.
    """

    def __init__(
        self, url: str, options: Mapping[str, str] | None = None, *, plain_http: bool = False, hasty: bool = False
    ) -> None:
        self._folder = folder_of(url)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        make: Callable[..., Any] = from_url
        client = {"client_options": {"allow_http": True}} if plain_http else {}
        retry = {"retry_config": _HASTY if hasty else _PATIENT} if self._folder is None else {}
        self._store = make(url, **(options or {}), **client, **retry)

    @classmethod
    def at(cls, address: str, *, hasty: bool = False) -> Self:
        """By an address as settings have it: what stands behind a question mark are the store's own options, its credentials among them.

        Nothing is asked yet. Raises StorageUnavailable for one that can't be right, without its credentials.
        """
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query))
        near = urlsplit(options.get("endpoint", "")).hostname in _LOOPBACK
        with _errors(f"{parts.scheme}://{parts.hostname or ''}{parts.path}"):
            return cls(parts._replace(query="").geturl(), options, plain_http=near, hasty=hasty)

    def put(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """One of that name is replaced. What is not `durable` may be gone after a power cut, or be cut itself."""
        with _errors(name):
            obstore.put(self._store, name, data)
        if durable:
            self._sync(name)

    def create(self, name: str, data: bytes, *, durable: bool = True) -> bool:
        """False, and nothing written, when there is one already.

        What is not `durable` is so after `bring_to_disk`. Of such, one of another length is what a power cut has left, and is replaced.
        """
        with _errors(name):
            try:
                obstore.put(self._store, name, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                if durable or obstore.head(self._store, name)["size"] == len(data):
                    return False
                obstore.put(self._store, name, data)
        if durable:
            self._sync(name)
        return True

    def bring_to_disk(self, names: Sequence[str]) -> None:
        """Many at once, which a disk does in a fraction of the time that one after another takes."""
        if self._folder is None:
            return
        for place in [*names, *sorted({name.rpartition("/")[0] for name in names})]:
            _fsync(self._folder / place)

    def get(self, name: str) -> memoryview | None:
        with _errors(name):
            try:
                return memoryview(obstore.get(self._store, name).bytes())
            except FileNotFoundError:
                return None

    def has(self, name: str) -> bool:
        return self.size(name) is not None

    def size(self, name: str) -> int | None:
        """Bytes of it; None when it is not there."""
        with _errors(name):
            try:
                return obstore.head(self._store, name)["size"]
            except FileNotFoundError:
                return None

    def delete(self, name: str) -> None:
        """One that is not there is no error."""
        with _errors(name):
            try:
                obstore.delete(self._store, name)
            except FileNotFoundError:
                return

    def check(self) -> None:
        """Whether it can be written to, read and cleared. Raises StorageUnavailable."""
        name, content = names.probe(), b"penstock"
        self.put(name, content)
        found = self.get(name)
        self.delete(name)
        if found is None or bytes(found) != content:
            raise StorageUnavailable(f"{name}: it does not give back what it was given")

    def names(self, below: str) -> Iterator[tuple[str, datetime]]:
        """The objects below a prefix, and when each was written."""
        with _errors(below):
            for batch in obstore.list(self._store, below):
                for found in batch:
                    yield found["path"], found["last_modified"].astimezone(UTC)

    def _sync(self, name: str) -> None:
        """A remote store answers when it has the object; a folder's file must be brought to the disk, and so must its name."""
        if self._folder is None:
            return
        file = self._folder / name
        _fsync(file)
        _fsync(file.parent)


def folder_of(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        # The first line says what happened; what follows are the library's own internals, which may hold addresses.
        reason = str(error).partition("\n")[0]
        if (isinstance(error, OSError) and is_full(error)) or _FULL.search(reason):
            raise StorageFull from error
        raise StorageUnavailable(f"{name}: {reason}") from error
