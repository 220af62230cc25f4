"""From records to HTML: the templates, how times and states look, and the headers every page has."""

import asyncio
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.model.status import StatusState
from providers.local.host.comments import REACTIONS
from providers.local.host.pages.markdown import render as markdown
from providers.local.host.statuses import StatusRecord

HERE = Path(__file__).parent
STATIC = HERE / "static"
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

# Icon and words of each state; its colour is the class `state-<value>`. The worst first, for a branch's one icon.
STATES = {
    StatusState.INVALID: ("!", "invalid"),
    StatusState.FAILED: ("✕", "failed"),
    StatusState.STOPPED: ("■", "stopped"),
    StatusState.WAITING: ("◔", "waiting"),
    StatusState.RUNNING: ("●", "running"),
    StatusState.QUEUED: ("○", "queued"),
    StatusState.SUCCEEDED: ("✓", "succeeded"),
}


async def page(template: str, status: int = 200, **values: object) -> web.Response:
    """Off the loop: a long comment takes its time."""
    text = await asyncio.to_thread(_environment().get_template(template).render, **values)
    return web.Response(text=text, status=status, content_type="text/html", headers=SECURITY)


def static(name: str) -> web.Response:
    path = STATIC / name
    kind = CONTENT_TYPES.get(path.suffix)
    if path.parent != STATIC or kind is None or not path.is_file():
        raise web.HTTPNotFound
    headers = SECURITY | {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=headers)


def worst(statuses: Iterable[StatusRecord]) -> StatusState | None:
    """What a branch or commit as a whole is in; None when nobody said anything."""
    present = {status.state for status in statuses}
    return next((state for state in STATES if state in present), None)


def moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%-d %b %Y, %H:%M} UTC"


def iso_moment(text: str) -> str:
    """As `moment`, from what Git tells; unreadable dates (Git keeps any) are shown as they are."""
    try:
        return moment(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return text


def machine_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


@cache
def asset(name: str) -> str:
    """A static file's URL, new whenever its content is."""
    return f"/host/-/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "markdown": markdown,
        "moment": moment,
        "iso_moment": iso_moment,
        "machine_time": machine_time,
        "short": lambda commit: commit[:7],
        "letter": lambda login: re.sub(r"[^A-Za-z0-9]", "?", login[:1]).upper(),
    }
    environment.globals |= {"asset": asset, "states": STATES, "reactions": REACTIONS, "worst": worst}
    return environment
