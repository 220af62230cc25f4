"""Packs: bytes gathered, compressed, encrypted and put, and the way back. What they are pieces of is not known here.

A pack's id and key follow from its content (and from the space's secrets): the same content makes the same object, which is
therefore there already the second time, and written by two at once it is right whoever comes last.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

import zstandard
from blake3 import blake3

from bot.artifacts import names
from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.keys import SpaceSecrets, decrypt, encrypt
from bot.artifacts.manifest import Pack, Piece
from bot.artifacts.objects import Objects

PACK_BYTES = 4 << 20
"""What a pack holds at most, and is filled to before the next one is begun. Large files are cut into pieces of this size."""

LEVEL = 3
_RAW, _ZSTD = b"\0", b"\1"
WORKERS = 2
_IN_FLIGHT = 4
"""Packs in memory at once beside the one that is being filled: what bounds the memory of packing and unpacking."""


Hold = Callable[[Collection[str]], None]
"""Keeps packs, by their ids, from being collected."""


class PackWriter:
    """Takes bytes, tells where they will lie, and puts packs in threads as they fill. `stored` counts bytes that were new to the store."""

    def __init__(
        self,
        objects: Objects,
        space: str,
        secrets: SpaceSecrets,
        pool: ThreadPoolExecutor,
        hold: Hold,
        first: int = 0,
    ) -> None:
        """`first`: the number of the first pack. `hold` is told each pack before it is put, or found to be there already."""
        self._objects = objects
        self._space = space
        self._secrets = secrets
        self._pool = pool
        self._hold = hold
        self._room = BoundedSemaphore(_IN_FLIGHT)
        self._parts: list[bytes] = []
        self._digests: list[bytes] = []
        self._filled = 0
        self._number = first
        self._packs: list[Future[tuple[Pack, int]]] = []

    def add(self, content: bytes, digest: bytes) -> Piece:
        """The piece that the content, of that digest (BLAKE3), will be."""
        offset, length = self._filled, len(content)
        if offset + length > PACK_BYTES:
            self._put()
            offset = 0
        self._parts.append(content)
        self._digests.append(digest)
        self._filled = offset + length
        return Piece(digest, self._number, offset, length)

    def finish(self) -> tuple[list[Pack], int]:
        """All packs in the order of their numbers, put, and how many bytes were new. Raises StorageUnavailable."""
        if self._parts:
            self._put()
        done = [future.result() for future in self._packs]
        self._objects.bring_to_disk([names.pack(self._space, pack.id) for pack, _ in done])
        return [pack for pack, _ in done], sum(stored for _, stored in done)

    def abandon(self) -> None:
        """Put no more."""
        for future in self._packs:
            future.cancel()

    def _put(self) -> None:
        parts, self._parts, self._filled = self._parts, [], 0
        digests, self._digests = b"".join(self._digests), []
        self._number += 1
        self._room.acquire()
        future = self._pool.submit(self._seal, parts, digests)
        future.add_done_callback(lambda _: self._room.release())
        self._packs.append(future)

    def _seal(self, parts: Sequence[bytes], digests: bytes) -> tuple[Pack, int]:
        """The digests of its parts say what is in it as well as another hash of all of it would."""
        plain = parts[0] if len(parts) == 1 else b"".join(parts)
        pack = Pack(
            blake3(digests, key=self._secrets.naming).hexdigest(),
            blake3(digests, key=self._secrets.content).digest(),
            len(plain),
        )
        self._hold([pack.id])
        squeezed = zstandard.ZstdCompressor(level=LEVEL).compress(plain)
        body = _ZSTD + squeezed if len(squeezed) < len(plain) else _RAW + plain
        name = names.pack(self._space, pack.id)
        sealed = encrypt(pack.key, body, name)
        return pack, len(sealed) if self._objects.create(name, sealed, durable=False) else 0


def open_pack(objects: Objects, space: str, pack: Pack) -> memoryview:
    """The content. Raises ArtifactDamaged (lost or not what was stored), StorageUnavailable."""
    name = names.pack(space, pack.id)
    sealed = objects.get(name)
    if sealed is None:
        raise ArtifactDamaged(f"{name} is gone")
    body = memoryview(decrypt(pack.key, sealed, name))
    if body[:1] == _RAW:
        plain = body[1:]
    else:
        try:
            plain = memoryview(zstandard.ZstdDecompressor().decompress(body[1:], max_output_size=PACK_BYTES))
        except zstandard.ZstdError as error:
            raise ArtifactDamaged(f"{name} is damaged: it can't be decompressed") from error
    if len(plain) != pack.size:
        raise ArtifactDamaged(f"{name} is damaged: it has not the size it was stored with")
    return plain
