"""What an endpoint of a fake host hands back, and which part of a list a caller asked for. How it is told is each host's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """A list that is answered page by page. `name`: what it is called inside the answer, "" where it is the whole of it."""

    items: Sequence[Any]
    name: str = ""


@dataclass(frozen=True)
class Page:
    """Pages are counted from 1; `last` is the last one's number."""

    number: int
    size: int
    last: int
    shown: Sequence[Any]


def page(request: web.Request, items: Sequence[Any], size: int, most: int) -> Page:
    """By `page` and `per_page`. `size`: where the caller names none; `most`: where they name more."""
    size = max(1, min(_number(request, "per_page", size), most))
    number = max(1, _number(request, "page", 1))
    last = max(1, -(-len(items) // size))
    return Page(number, size, last, list(items[(number - 1) * size : number * size]))


def _number(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() else otherwise
