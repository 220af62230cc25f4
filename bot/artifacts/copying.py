"""The content of an artifact from one store to another: packs as they are, encrypted, and of those only what is missing. Blocking.

A pack is opened on the way, so that what is damaged here is not spread; it is never written down legibly.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from bot.artifacts import names
from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.keys import decrypt
from bot.artifacts.manifest import Pack
from bot.artifacts.objects import Objects
from bot.artifacts.threads import Cancelled

_AT_ONCE = 8
"""Packs on the way: what bounds the memory, and hides how far away a region is."""


def copy_packs(source: Objects, target: Objects, space: str, packs: Sequence[Pack], cancelled: Event) -> int:
    """How many bytes were new there. When it returns they are durable. Raises ArtifactDamaged, StorageUnavailable, Cancelled."""
    with ThreadPoolExecutor(_AT_ONCE, "copying") as pool:
        moved = sum(_moved(pool, source, target, [(names.pack(space, pack.id), pack) for pack in packs], cancelled))
    target.bring_to_disk([names.pack(space, pack.id) for pack in packs])
    return moved


def _moved(
    pool: ThreadPoolExecutor, source: Objects, target: Objects, packs: Sequence[tuple[str, Pack]], cancelled: Event
) -> Iterator[int]:
    under_way: deque[Future[int]] = deque()
    try:
        for name, pack in packs:
            if cancelled.is_set():
                raise Cancelled
            if len(under_way) == _AT_ONCE:
                yield under_way.popleft().result()
            under_way.append(pool.submit(_move, source, target, name, pack))
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _move(source: Objects, target: Objects, name: str, pack: Pack) -> int:
    there = target.size(name)
    if there is not None and there == source.size(name):
        return 0  # one of another length is what a power cut has left
    content = source.get(name)
    if content is None:
        raise ArtifactDamaged(f"{name} is gone")
    decrypt(pack.key, content, name)
    return len(content) if target.create(name, bytes(content), durable=False) else 0
