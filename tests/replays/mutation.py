"""Bodies as no host sends them, made of bodies that one did: wrong types, missing and strange values, depth, broken JSON."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    2**64 + 1,
    10**400,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    ".",
    "..",
    "../../etc/passwd",
    "-u",
    "--upload-pack=touch /tmp/x",
    "0" * 40,
    "f" * 40,
    "F" * 40,
    "refs/heads/",
    "refs/heads/-",
    "refs/heads/a..b",
    "refs/tags/v1\n",
    "a\0b",
    "\r\nX-Injected: yes",
    "\ud800",
    "\u202egnp.exe",
    "🚀" * 50,
    "é" * 300,
    "x" * 100_000,
    "http://[",
    "https://evil.example/acme/web",
    "file:///etc/passwd",
    "/approve production",
    "<!-- penstock:",
    [],
    {},
    [[]],
    {"": None},
    {"id": {"id": {}}},
)


def mutated(body: bytes, chance: Random) -> bytes:
    """Another body each time; now and then it is no JSON at all."""
    if chance.random() < 0.15:
        return chance.choice(_BROKEN)(body, chance)
    document = json.loads(body)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        document = _changed(document, chance)
    return json.dumps(document).encode()


def _changed(document: Any, chance: Random) -> Any:
    """The document with one place in it changed."""
    places = list(_places(document))
    if not places:
        return chance.choice(STRANGE)
    holder, key = chance.choice(places)
    kind, strange = chance.random(), deepcopy(chance.choice(STRANGE))
    if kind < 0.15 and isinstance(holder, dict):
        del holder[key]
    elif kind < 0.3:
        other = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[key] = deepcopy(holder[other])
    elif kind < 0.35:
        holder[key] = _deep(holder[key], chance.choice((5, 40)))
    elif kind < 0.4:
        holder[key] = [deepcopy(holder[key]) for _ in range(chance.choice((2, 100)))]
    else:
        holder[key] = strange
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _deep(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def _cut(body: bytes, chance: Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _flipped(body: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]


def _noisy(body: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + chance.randbytes(chance.randrange(1, 20)) + body[at:]


def _bottomless(_body: bytes, chance: Random) -> bytes:
    return chance.choice((b"[", b'{"a":')) * 100_000


def _nested(body: bytes, chance: Random) -> bytes:
    """As deep as a parser may or may not go, and closed again."""
    levels = chance.choice((100, 200, 1000, 50_000))
    return b'{"repository":' * levels + (body or b"1") + b"}" * levels


def _twice_named(body: bytes, _chance: Random) -> bytes:
    """Two members of one name: parsers differ in which counts."""
    return b'{"action": "opened", ' + body.lstrip()[1:] if body.lstrip().startswith(b"{") else body * 2


_BROKEN: tuple[Callable[[bytes, Random], bytes], ...] = (
    _cut,
    _flipped,
    _noisy,
    _bottomless,
    _nested,
    _twice_named,
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: body.decode().encode("utf-16"),
    lambda body, _: b"payload=" + body,
    lambda _, chance: chance.choice((b"", b"null", b"0", b'""', b"[]", b"{}", b"\0", b"\xff" * 40)),
)
