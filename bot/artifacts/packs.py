"""Packs: bytes gathered, compressed, encrypted and put, and the way back. What they are pieces of is not known here.

A pack's id and key follow from its content (and from the space's secrets): the same content makes the same object, which is
therefore there already the second time, and written by two at once it is right whoever comes last.
"""

import mmap
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, local

import zstandard
from blake3 import blake3

from bot.artifacts import names
from bot.artifacts.columns import Piece
from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.keys import SpaceSecrets, decrypt_into, encrypt
from bot.artifacts.manifest import Pack
from bot.artifacts.objects import Objects

PACK_BYTES = 4 << 20
"""What a pack holds at most, and is filled to before the next one is begun. Large files are cut into pieces of this size."""

_BUFFER_BYTES = PACK_BYTES + (1 << 16)
"""A pack and what is around it when it could not be compressed."""

LEVEL = 2
_RAW, _ZSTD = b"\0", b"\1"
WORKERS = 2
_own = local()

_IN_FLIGHT = 4
"""Packs in memory at once beside the one that is being filled: what bounds the memory of packing and unpacking."""


Hold = Callable[[Collection[str]], None]
"""Keeps packs, by their ids, from being collected."""


class PackWriter:
    """Takes bytes where they are read to, tells where they will lie, and puts packs in threads as they fill."""

    def __init__(
        self,
        objects: Objects,
        space: str,
        secrets: SpaceSecrets,
        pool: ThreadPoolExecutor,
        hold: Hold,
        number: Callable[[], int],
    ) -> None:
        """`number` gives each pack its own. `hold` is told each pack before it is put, or found to be there already."""
        self._objects = objects
        self._space = space
        self._secrets = secrets
        self._pool = pool
        self._hold = hold
        self._next = number
        self._room = BoundedSemaphore(_IN_FLIGHT)
        self._spare: list[memoryview] = []
        self._buffer, self._next_buffer = _new_buffer(), _new_buffer()
        self._goes_beyond = False
        self._digests: list[bytes] = []
        self._filled = 0
        self._number = -1
        self._packs: list[Future[tuple[Pack, int]]] = []

    def room(self, size: int) -> memoryview:
        """For the next `size` bytes, PACK_BYTES at most: to be read into, and kept or forgotten before the next ones."""
        end = self._filled + size
        self._goes_beyond = end > PACK_BYTES
        return self._next_buffer[:size] if self._goes_beyond else self._buffer[self._filled : end]

    def keep(self, length: int, digest: bytes) -> Piece:
        """The piece that what was read into the room, so much of it and of that digest (BLAKE3), will be."""
        if self._goes_beyond:
            self._put()
        if not self._digests:
            self._number = self._next()
        offset = self._filled
        self._filled = offset + length
        self._digests.append(digest)
        return Piece(digest, self._number, offset, length)

    def send(self) -> None:
        """Do not wait for more to fill the pack that is open."""
        if self._digests:
            self._put()

    def finish(self) -> tuple[list[Pack], int, Future[None]]:
        """All packs in the order of their numbers, put; how many bytes were new to the store; and when they are on the disk. Raises StorageUnavailable."""
        self.send()
        done = [future.result() for future in self._packs]
        put = [names.pack(self._space, pack.id) for pack, _ in done]
        return (
            [pack for pack, _ in done],
            sum(stored for _, stored in done),
            self._pool.submit(self._objects.bring_to_disk, put),
        )

    def abandon(self) -> None:
        """Put no more."""
        for future in self._packs:
            future.cancel()

    def _put(self) -> None:
        self._room.acquire()
        future = self._pool.submit(self._seal, self._buffer, self._filled, b"".join(self._digests))
        future.add_done_callback(lambda _: self._room.release())
        self._packs.append(future)
        self._buffer, self._next_buffer = self._next_buffer, self._spare.pop() if self._spare else _new_buffer()
        self._digests, self._filled = [], 0

    def _seal(self, buffer: memoryview, filled: int, digests: bytes) -> tuple[Pack, int]:
        """The digests of its pieces say what is in it as well as another hash of all of it would."""
        plain = buffer[:filled]
        pack = Pack(
            blake3(digests, key=self._secrets.naming).hexdigest(),
            blake3(digests, key=self._secrets.content).digest(),
            filled,
        )
        self._hold([pack.id])
        squeezed = _compressor().compress(plain)
        body = _ZSTD + squeezed if len(squeezed) < filled else _RAW + plain
        self._spare.append(buffer)  # nothing of it is needed any more, and a new one would cost as much as reading does
        name = names.pack(self._space, pack.id)
        sealed = encrypt(pack.key, body, name)
        return pack, len(sealed) if self._objects.create(name, sealed, durable=False) else 0


def _new_buffer() -> memoryview:
    """Takes no time, and memory only for as much of it as is filled."""
    return memoryview(mmap.mmap(-1, PACK_BYTES))


def _compressor() -> zstandard.ZstdCompressor:
    """One a thread, which is not begun anew with each pack."""
    found: zstandard.ZstdCompressor | None = getattr(_own, "compressor", None)
    if found is None:
        found = _own.compressor = zstandard.ZstdCompressor(level=LEVEL)
    return found


class PackReader:
    """Opens packs, in any thread, into few buffers that are used again: a new one each time would cost as much as the reading."""

    def __init__(self, objects: Objects, space: str) -> None:
        self._objects = objects
        self._space = space
        self._spare: list[memoryview] = []

    def open(self, pack: Pack) -> memoryview:
        """The content, which is the caller's until it is given `back`. Raises ArtifactDamaged (lost or not what was stored), StorageUnavailable."""
        name = names.pack(self._space, pack.id)
        sealed = self._objects.get(name)
        if sealed is None:
            raise ArtifactDamaged(f"{name} is gone")
        buffer = self._buffer(len(sealed))
        body = decrypt_into(buffer, pack.key, sealed, name)
        if body[:1] == _RAW:
            plain = body[1:]
        else:
            plain = self._decompressed(body[1:], name)
            self.back(buffer)
        if len(plain) != pack.size:
            raise ArtifactDamaged(f"{name} is damaged: it has not the size it was stored with")
        return plain

    def back(self, content: memoryview) -> None:
        """It is not needed any more."""
        whole = memoryview(content.obj)
        if len(whole) == _BUFFER_BYTES:
            self._spare.append(whole)

    def _decompressed(self, body: memoryview, name: str) -> memoryview:
        buffer = self._buffer(PACK_BYTES)
        try:
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                count = reader.readinto(buffer)
        except zstandard.ZstdError as error:
            raise ArtifactDamaged(f"{name} is damaged: it can't be decompressed") from error
        return buffer[:count]

    def _buffer(self, size: int) -> memoryview:
        if size > _BUFFER_BYTES:
            return memoryview(bytearray(size))
        try:
            return self._spare.pop()
        except IndexError:
            return memoryview(mmap.mmap(-1, _BUFFER_BYTES))
