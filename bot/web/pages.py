"""Templates to responses. Everything in a template is escaped unless the template's own code says otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from bot.messages.words import duration, memory, when
from bot.ports import Clock
from bot.web.access import COOKIE
from bot.web.assets import Assets
from bot.web.site import SITE
from bot.web.times import Span, ago, iso

FOLDER = Path(__file__).parent / "templates"


class _Compiled(BytecodeCache):
    """Templates never change while the process lives: each is compiled once in it, however many bots it has (the suite's has hundreds)."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = _Compiled()


class Pages:
    """The templates, with the filters that they use."""

    def __init__(self, clock: Clock, asset: Callable[[str], str]) -> None:
        self._clock = clock
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=COMPILED,
        )
        self._environment.globals["asset"] = asset
        self._environment.filters |= {
            "when": self._when,
            "moment": self._moment,
            "span": self._span,
            "memory": memory,
            "size": size,
        }

    def text(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)

    def _when(self, at: float) -> str:
        return when(at, self._clock.now())

    def _moment(self, at: float) -> Markup:
        """A moment as so long ago, with the exact time for those who point at it."""
        return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
            iso(at), self._when(at), ago(at, self._clock.now())
        )

    def _span(self, span: Span) -> Markup:
        """How long something took, or takes so far."""
        seconds = span.seconds(self._clock.now())
        if seconds is None:
            return Markup()
        counting = Markup(' data-since="{}"').format(iso(span.start or 0.0)) if span.live else Markup()
        return Markup('<span class="duration"{}>{}</span>').format(counting, duration(seconds))


PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)
ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)


def render(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    """A page. Compressed, since a log's rows are alike."""
    site = request.app[SITE]
    text = request.app[PAGES].text(
        template, path=request.path, links=site.links, signed=COOKIE in request.cookies, **values
    )
    response = web.Response(status=status, text=text, content_type="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.enable_compression()
    return response


def fragment(request: web.Request, template: str, **values: Any) -> str:
    """A part of a page as text, for live streams."""
    return request.app[PAGES].text(template, **values)


def size(count: int) -> str:
    """`812 bytes`, `4.2 MB`."""
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} bytes"
