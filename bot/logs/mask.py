"""Replaces secret values in a stream of bytes, wherever its chunks are cut. What is secret is decided elsewhere.

The rule: every byte that belongs to an occurrence of any of the forbidden texts is hidden, and each run of hidden bytes
becomes `****`. It does not depend on the order of the texts, nor on the chunks, and overlapping occurrences leave no rest.
Time is linear in the output, for each of the texts.
"""

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, quote_plus

MASK = b"****"

SHORTEST = 4
"""Characters below which a line or an encoding of a secret is not looked for: that would hide half of every log."""

_WRAP = 76  # columns of `base64` and of MIME
_PROBE = 8
_BLOCK = 4096


class Masker:
    """One stream. `feed` gives what is certain so far, `flush` the rest."""

    def __init__(self, forbidden: Sequence[bytes]) -> None:
        self._forbidden = [_Text(text) for text in forbidden]
        self._longest = max(map(len, forbidden), default=0)
        self._starts = {text[:length] for text in forbidden for length in range(1, min(_PROBE, len(text)))}
        self._held = b""
        self._hidden = 0  # of the held bytes, how many are hidden by an occurrence that began before them
        self._open = False  # the last byte given out was hidden

    def feed(self, data: bytes | bytearray | memoryview) -> bytes:
        stream = self._held + data
        return self._give(stream, self._undecided(stream))

    def flush(self) -> bytes:
        return self._give(self._held, len(self._held))

    def _give(self, stream: bytes, until: int) -> bytes:
        """Give out the first `until` bytes and hold the others."""
        self._held = stream[until:]
        if not until:
            return b""
        given: list[bytes] = []
        at = 0
        for begin, end in _merged(sorted([(0, self._hidden), *self._occurrences(stream)])):
            if begin >= until:
                break
            given.append(stream[at:begin])
            if begin or not self._open:
                given.append(MASK)
            at = end
        given.append(stream[at:until])
        self._open = at >= until
        self._hidden = max(0, at - until)
        return b"".join(given)

    def _occurrences(self, stream: bytes) -> Iterator[tuple[int, int]]:
        for text in self._forbidden:
            yield from _merged(text.occurrences(stream))

    def _undecided(self, stream: bytes) -> int:
        """Where a forbidden text may begin that the stream has not finished; its length when there is no such place."""
        size = len(stream)
        earliest = next((size - n for n in range(_PROBE - 1, 0, -1) if n <= size and stream[-n:] in self._starts), size)
        for text in (forbidden.text for forbidden in self._forbidden):
            at = stream.find(text[:_PROBE], max(0, size - len(text) + 1))
            while 0 <= at < earliest:
                if text.startswith(stream[at:]):
                    earliest = at
                at = stream.find(text[:_PROBE], at + 1)
        return earliest


class _Text:
    """One forbidden text. Where it overlaps itself (`aaaa`), a stream full of it must not cost a search for each byte.

    Two occurrences that overlap are at least its period apart, and the next one is there if the period goes on.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._period = self._smallest_period()
        unit = text[-self._period :]
        self._units = (unit * (_BLOCK // len(unit)), unit) if len(unit) < _BLOCK else (unit,)

    def occurrences(self, stream: bytes) -> Iterator[tuple[int, int]]:
        at = stream.find(self.text)
        while at >= 0:
            end = at + len(self.text)
            for unit in self._units:
                while stream.startswith(unit, end):
                    end += len(unit)
            yield at, end
            at = stream.find(self.text, end - len(self.text) + self._period)

    def _smallest_period(self) -> int:
        at = self.text.find(self.text[:1], 1)
        while at >= 0 and not self.text.startswith(self.text[at:]):
            at = self.text.find(self.text[:1], at + 1)
        return at if at > 0 else len(self.text)


def forbidden(secrets: Iterable[str]) -> list[bytes]:
    """What must not be seen for these values to stay secret: themselves, their lines, and how they are commonly encoded."""
    texts: set[bytes] = set()
    for secret in secrets:
        whole = secret.strip()
        derived = {*secret.splitlines(), *_quoted(secret), *_quoted(whole)}
        encoded = {_bytes(text.strip()) for text in derived} | {*_base64(_bytes(secret)), *_base64(_bytes(whole))}
        texts |= {_bytes(whole), *(text for text in encoded if len(text) >= SHORTEST)}
    return sorted(texts - {b""})


def _quoted(text: str) -> Iterator[str]:
    raw = _bytes(text)
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]


def _base64(raw: bytes) -> Iterator[bytes]:
    """What Base64 makes of it wherever it stands in what is encoded, less the characters that its neighbours share."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw)
        own = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        for text in (own, own.translate(bytes.maketrans(b"+/", b"-_"))):
            yield text
            if not before and len(text) > _WRAP:
                yield from (text[at : at + _WRAP] for at in range(0, len(text), _WRAP))


def _bytes(text: str) -> bytes:
    """As a process is given it: bytes that are no text pass through. What cannot be given to one cannot be printed."""
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _merged(runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs in order of their beginnings, those that touch made one, empty ones dropped."""
    begin = end = 0
    for first, last in runs:
        if first > end or begin == end:
            if end > begin:
                yield begin, end
            begin, end = first, last
        else:
            end = max(end, last)
    if end > begin:
        yield begin, end
