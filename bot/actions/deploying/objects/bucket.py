"""One bucket (S3, GCS, Azure) or folder, through obstore: opened at first use, written to, listed, and what goes wrong told in our words."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import from_url

from bot.ports import HostUnavailable

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RETRY = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
"""Of the library's own: when to ask again after that is the outbox's to decide."""
_PARTS = 2
"""Parts of a large file that are on their way at once, 5 MB each: as many as keep a line busy and memory flat."""
_DELETED_AT_ONCE = 1000


class BucketRefused(Exception):
    """The storage will not do it: there is no such bucket, or it may not be written to. The text is safe to show."""


@dataclass(frozen=True, slots=True)
class Put:
    """How an object that was written is known there."""

    tag: str
    version: str


@dataclass(slots=True)
class Bucket:
    """`address` with the store's options behind its question mark, its credentials among them; `url` without."""

    address: str = field(repr=False)
    _store: Any = field(default=None, repr=False)

    @property
    def url(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}{unquote(parts.path)}".rstrip("/")

    @property
    def is_folder(self) -> bool:
        return urlsplit(self.address).scheme == "file"

    async def put(self, key: str, file: Path, headers: dict[str, str]) -> Put:
        """Raises BucketRefused, HostUnavailable. A folder keeps no headers."""
        with self._told():
            made = await obstore.put_async(
                self._opened(),
                key,
                file,
                attributes=None if self.is_folder else {**headers},
                max_concurrency=_PARTS,
            )
        version = made["version"] or ""
        return Put(_tag(made["e_tag"]), "" if version == "null" else version)

    async def tags(self, below: str) -> AsyncIterator[tuple[str, str]]:
        """What is there below a prefix: keys with their tags. Raises as `put`."""
        with self._told():
            stream = obstore.list(self._opened(), f"{below}/" if below else None)
            while (batch := await _next(stream)) is not None:
                for found in batch:
                    yield found["path"], _tag(found["e_tag"])

    async def delete(self, keys: Sequence[str]) -> None:
        """Those that are not there are no error. Raises as `put`."""
        store = self._opened()
        for first in range(0, len(keys), 1 if self.is_folder else _DELETED_AT_ONCE):
            chunk = list(keys[first : first + (1 if self.is_folder else _DELETED_AT_ONCE)])
            with self._told():
                try:
                    await obstore.delete_async(store, chunk)
                except FileNotFoundError:
                    continue

    def _opened(self) -> Any:
        if self._store is None:
            parts = urlsplit(self.address)
            if self.is_folder:
                Path(unquote(parts.path)).mkdir(parents=True, exist_ok=True)
            options = dict(parse_qsl(parts.query))
            plain = urlsplit(options.get("endpoint", "")).hostname in _LOOPBACK
            client = {"client_options": {"allow_http": True}} if plain else {}
            retry = {} if self.is_folder else {"retry_config": _RETRY}
            make: Callable[..., Any] = from_url
            self._store = make(parts._replace(query="").geturl(), **options, **client, **retry)
        return self._store

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The library's errors hold addresses, and so go no further than this."""
        try:
            yield
        except FileNotFoundError:
            raise BucketRefused(f"there is no bucket {self.url}") from None
        except (PermissionError, PermissionDeniedError, UnauthenticatedError):
            raise BucketRefused(f"the bot may not write to {self.url}") from None
        except (BaseError, OSError) as error:
            raise HostUnavailable(f"{self.url} does not answer ({type(error).__name__})", host=self.url) from None
        except ValueError:
            raise BucketRefused(f"{self.url} takes no object of such a name") from None


async def _next(stream: Any) -> Any:
    """In a thread of its own where the store is a folder's: the library's own stream may be read in either way."""
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return None


def _tag(found: str | None) -> str:
    return (found or "").strip('"')
