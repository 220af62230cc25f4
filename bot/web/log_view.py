"""A log as numbered lines: an index of where lines begin, pages cut from it, and lines as HTML. Serving them is `logs`."""

import asyncio
import re
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from bot.ports import LogChunk, Logs
from bot.web.ansi import Painter

PAGE_LINES = 1000
PAGE_BYTES = 512 * 1024
BLOCK = 64 * 1024
READ = 1024 * 1024
INDEXES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Position:
    """Where to go on reading: a byte offset at which a line begins, and that line's number."""

    offset: int = 0
    line: int = 1

    def __str__(self) -> str:
        return f"{self.offset}.{self.line}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read what `str()` wrote; the beginning for anything else."""
        found = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,18})", text)
        return cls(int(found[1]), max(1, int(found[2]))) if found else cls()


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that were left out between two lines."""

    bytes: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines `first` to `last` of `total`. `next` is where a live reader goes on; `partial` is a line that has no end yet."""

    first: int
    last: int
    total: int
    size: int
    rows: Markup
    next: Position
    complete: bool

    @property
    def begins(self) -> bool:
        return self.first <= 1

    @property
    def ends(self) -> bool:
        return self.last >= self.total


@dataclass(slots=True)
class LogIndex:
    """How many lines begin before each block. Lines are line feeds; a gap ends a line, too."""

    offsets: list[int] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    end: int = 0
    count: int = 0
    open_line: bool = False
    complete: bool = False

    @property
    def total(self) -> int:
        return self.count + self.open_line

    async def extend(self, logs: Logs, key: str) -> bool:
        """Read on to the end as it is now. False when there is no such log."""
        while not self.complete:
            chunk = await logs.read(key, self.end, READ)
            if chunk is None:
                return False
            if chunk.data or chunk.dropped:
                await asyncio.to_thread(self._add, chunk)
            if chunk.complete or chunk.next_offset == self.end:
                self.complete = chunk.complete
                self.end = chunk.next_offset
                break
            self.end = chunk.next_offset
        return True

    def _add(self, chunk: LogChunk) -> None:
        if chunk.dropped and self.offsets:
            self.count += 1
        for start in range(0, len(chunk.data), BLOCK):
            self.offsets.append(chunk.offset + start)
            self.breaks.append(self.count)
            self.count += chunk.data.count(b"\n", start, start + BLOCK)
        if chunk.data:
            self.open_line = not chunk.data.endswith(b"\n")

    def block_of(self, line: int) -> int:
        """The block in which the break before the line is."""
        return max(0, bisect_left(self.breaks, line - 1) - 1)

    def first_within(self, size: int) -> int:
        """The first line that certainly begins within the last `size` bytes."""
        block = bisect_left(self.offsets, self.end - size)
        if block == 0 or block >= len(self.offsets):
            return 1 if block == 0 else self.total
        return min(self.breaks[block] + 2, self.total)


class LogView:
    """Cuts pages out of logs. Keeps the indexes of those looked at lately."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._indexes: OrderedDict[str, tuple[LogIndex, asyncio.Lock]] = OrderedDict()

    async def page(
        self, key: str, url: str, first: int | None = None, lines: int = PAGE_LINES, *, anchors: bool = True
    ) -> LogPage | None:
        """Lines from `first` on, or the last ones. None when there is no such log (yet). `url` is the log's page.

        `anchors` is for the one log of a page: only its rows can be jumped to by number.
        """
        index = await self._index(key)
        if index is None:
            return None
        total, end, complete = index.total, index.end, index.complete
        if first is None:
            first = max(1, total - lines + 1, index.first_within(PAGE_BYTES))
        first = max(1, min(first, total))
        start = await self._start(key, index, first)
        found, next_position = await self._lines(key, Position(start, first), min(lines, total - first + 1))
        rows = Rows(first, url, anchors=anchors)
        html = await asyncio.to_thread(rows.html, found)
        return LogPage(first, rows.number - 1, total, end, html, next_position, complete)

    async def _index(self, key: str) -> LogIndex | None:
        index, lock = self._indexes.get(key) or (LogIndex(), asyncio.Lock())
        self._indexes[key] = (index, lock)
        self._indexes.move_to_end(key)
        async with lock:
            was_live = bool(index.end) and not index.complete
            exists = await index.extend(self._logs, key)
            if was_live and index.complete:
                # The end of a long log may have dropped its middle: number the lines as they are from now on.
                index = LogIndex()
                self._indexes[key] = (index, lock)
                await index.extend(self._logs, key)
        if not exists:
            self._indexes.pop(key, None)
            return None
        while len(self._indexes) > INDEXES_KEPT:
            self._indexes.popitem(last=False)
        return index

    async def _start(self, key: str, index: LogIndex, line: int) -> int:
        """The offset at which the line begins."""
        if line <= 1 or not index.offsets:
            return 0
        block = index.block_of(line)
        chunk = await self._logs.read(key, index.offsets[block], BLOCK)
        if chunk is None:
            return 0
        at = -1
        for _ in range(line - 1 - index.breaks[block]):
            at = chunk.data.find(b"\n", at + 1)
            if at < 0:
                return chunk.next_offset  # the break is a gap right behind the block
        return chunk.offset + at + 1

    async def _lines(self, key: str, start: Position, wanted: int) -> tuple[list[bytes | Gap], Position]:
        """Up to so many lines and so many bytes, and where the line behind the last finished one begins."""
        splitter = LineSplitter(start)
        found: list[bytes | Gap] = []
        offset, budget = start.offset, PAGE_BYTES
        while wanted > splitter.position.line - start.line and budget > 0:
            chunk = await self._logs.read(key, offset, min(BLOCK, budget))
            if chunk is None or not (chunk.data or chunk.dropped):
                break
            found += splitter.feed(chunk)
            offset = chunk.next_offset
            budget -= len(chunk.data)
        if splitter.rest and splitter.position.line - start.line < wanted:
            found.append(splitter.rest)
        return _first_lines(found, wanted), splitter.position


def _first_lines(found: list[bytes | Gap], wanted: int) -> list[bytes | Gap]:
    lines = [at for at, item in enumerate(found) if not isinstance(item, Gap)]
    return found if len(lines) <= wanted else found[: lines[wanted]]


class LineSplitter:
    """Cuts chunks into lines. `position` is where the unfinished line begins, `rest` what there is of it, bounded."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self.rest = b""
        self._begun = False

    def feed(self, chunk: LogChunk) -> list[bytes | Gap]:
        """The lines that this chunk finishes, and gaps."""
        lines: list[bytes | Gap] = []
        if chunk.dropped:
            lines = [self.rest] if self._begun else []
            self.position = Position(chunk.offset, self.position.line + len(lines))
            lines.append(Gap(chunk.dropped))
            self.rest = b""
        self._begun = True
        finished = chunk.data.split(b"\n")
        if len(finished) > 1:
            finished[0] = self.rest + finished[0]
            self.rest = b""
            at = chunk.offset + len(chunk.data) - len(finished[-1])
            self.position = Position(at, self.position.line + len(finished) - 1)
        self.rest = (self.rest + finished.pop())[:BLOCK]
        return lines + finished


class Rows:
    """Numbers lines and paints them. `number` is the next line's."""

    def __init__(self, first: int, url: str, *, anchors: bool) -> None:
        self.number = first
        self._template = _ANCHORED if anchors else _ROW
        self._url = escape(url)
        self._painter = Painter()

    def html(self, items: list[bytes | Gap]) -> Markup:
        parts = []
        for item in items:
            if isinstance(item, Gap):
                parts.append(Markup('<p class="gap">{:,} bytes left out</p>').format(item.bytes))
            else:
                parts.append(self.row(item))
                self.number += 1
        return Markup("\n").join(parts)

    def row(self, line: bytes) -> Markup:
        """One row, as it stands in pages and in live streams alike. The number is drawn by the style sheet, so that copying leaves it out."""
        return self._template.format(n=self.number, url=self._url, code=self._painter.paint(line))


_INSIDE = '<a class="n" href="{url}?line={n}#L{n}" data-n="{n}" aria-label="Line {n}"></a><code>{code}</code>'
_ROW = Markup(f'<div class="row">{_INSIDE}</div>')  # noqa: S704  our own text
_ANCHORED = Markup(f'<div class="row" id="L{{n}}">{_INSIDE}</div>')  # noqa: S704  our own text
