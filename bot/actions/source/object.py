"""An object source: one object of a bucket that the settings name. Its version is its revision, or its ETag where it has none (SRC-2)."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import from_url

from bot.actions.source.kind import Asker, Fetched
from bot.actions.source.unpacking import USUAL, ArchiveLimits, ArchiveRefused, unpack
from bot.model.source import ObjectSource, SourceRevision
from bot.ports import HostUnavailable, SourceRefused, SourceUnavailable

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RETRY = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}
"""Of the library's own: when to ask again after that is the outbox's to decide."""


class ObjectKind:
    """`buckets` are addresses by the names that files use: `s3://bucket?region=...&endpoint=...`, `gs://`, `az://`, `file:///`.

    What stands behind the question mark are the store's own options, its credentials among them; nothing of it is ever told.
    """

    def __init__(self, buckets: Mapping[str, str], limits: ArchiveLimits = USUAL) -> None:
        self._limits = limits
        self._buckets = buckets
        self._stores: dict[str, Any] = {}

    async def newest(self, source: ObjectSource, asker: Asker) -> SourceRevision:  # noqa: ARG002  a bucket is open to all
        return await asyncio.to_thread(self._newest, source)

    async def fetch(self, source: ObjectSource, asker: Asker, revision: str, into: Path) -> Fetched:  # noqa: ARG002  as above
        """The download is thrown away when nobody waits any more: it ends in its thread, in a folder that is swept."""
        return await asyncio.to_thread(self._fetch, source, revision, into)

    def _newest(self, source: ObjectSource) -> SourceRevision:
        with _told(source):
            return _revision(source, obstore.head(self._store(source), source.key))

    def _fetch(self, source: ObjectSource, revision: str, into: Path) -> Fetched:
        store, file = self._store(source), into.with_name(f"{into.name}.object")
        with _told(source):
            got = _get(store, source, revision)
            meta = got.meta
            if meta["size"] > self._limits.size:
                most = f"{self._limits.size:,} bytes"
                raise SourceRefused(
                    f"{source} has more than {most}; whoever operates the bot can raise PENSTOCK_SOURCE_ARCHIVE_SIZE"
                )
            try:
                with file.open("wb") as made:
                    for chunk in got.stream(min_chunk_size=1 << 20):
                        made.write(chunk)
                unpack(file, source.key, into, self._limits)
            except ArchiveRefused as error:
                raise SourceRefused(f"{source}: {error}") from None
            finally:
                file.unlink(missing_ok=True)
        found = _revision(source, meta)
        variables = {
            "BucketName": source.bucket,
            "ObjectKey": source.key,
            "ETag": (meta["e_tag"] or "").strip('"'),
            "VersionId": meta["version"] or "null",
        }
        return Fetched(found, variables)

    def _store(self, source: ObjectSource) -> Any:
        address = self._buckets.get(source.bucket)
        if address is None:
            known = ", ".join(self._buckets) or "none"
            raise SourceRefused(
                f"the bot has no bucket {source.bucket} (it has {known}); whoever operates it can name it: "
                "PENSTOCK_SOURCE_BUCKETS"
            )
        if source.bucket not in self._stores:
            self._stores[source.bucket] = _opened(address)
        return self._stores[source.bucket]


def _opened(address: str) -> Any:
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    plain = urlsplit(options.get("endpoint", "")).hostname in _LOOPBACK
    make: Callable[..., Any] = from_url
    client = {"client_options": {"allow_http": True}} if plain else {}
    retry = {} if parts.scheme == "file" else {"retry_config": _RETRY}
    return make(parts._replace(query="").geturl(), **options, **client, **retry)


def _get(store: Any, source: ObjectSource, revision: str) -> Any:
    """The newest, or the one that was asked for: by its version where the bucket keeps those, else only as long as it is there."""
    if not revision:
        return obstore.get(store, source.key)
    now = obstore.head(store, source.key)
    if revision == _revision(source, now).id:
        return obstore.get(store, source.key, options=cast("Any", {"if_match": now["e_tag"]}))
    if now["version"] is None:
        raise SourceUnavailable(f"{source} is not at {revision} any more, and its bucket keeps no versions")
    return obstore.get(store, source.key, options=cast("Any", {"version": revision}))


def _revision(source: ObjectSource, meta: Any) -> SourceRevision:
    version = meta["version"] if meta["version"] not in (None, "null") else ""
    made = meta["last_modified"].isoformat()
    return SourceRevision(version or (meta["e_tag"] or made).strip('"'), str(source), f"{meta['size']} bytes", "", made)


@contextmanager
def _told(source: ObjectSource) -> Iterator[None]:
    """The library's errors hold addresses, and so go no further than this."""
    try:
        yield
    except FileNotFoundError:
        raise SourceUnavailable(f"there is no object {source}, or not of that version") from None
    except (PermissionError, PermissionDeniedError, UnauthenticatedError):
        raise SourceRefused(f"the bot may not read {source}") from None
    except BaseError as error:
        raise HostUnavailable(
            f"The bucket {source.bucket} does not answer ({type(error).__name__})", host=f"the bucket {source.bucket}"
        ) from None
    except ValueError:
        raise SourceRefused(f"{source} is no name of an object") from None
