"""`POST /api/executions/<id>/<order>`: what a comment would order, ordered by whoever operates the bot.

Only a token in the header opens it, on loopback too: neither a web site in somebody's browser nor the commands that the
bot itself runs may order anything, and no cookie counts.
"""

import re
import uuid
from typing import Any

from aiohttp import web

from bot.core.refusal import RefusalReason
from bot.messages.refusals import refusal_sentence
from bot.runtime.intake.operator import ORDERS
from bot.web.access import operates
from bot.web.api import plain
from bot.web.site import SITE

LONGEST = 2000
"""Characters of an order's words."""

_KEY = re.compile(r"[A-Za-z0-9-]{1,128}")


async def order(request: web.Request) -> web.Response:
    """The words are in JSON: `{"words": "production looks good"}`. `Idempotency-Key` makes it harmless to send it again."""
    site = request.app[SITE]
    if not operates(request):
        return error(401, "Ordering something needs the bot's token: Authorization: Bearer <token>.")
    name = request.match_info["order"]
    if name not in ORDERS or site.operator is None:
        return error(404, f"There is no such order. What there is: {', '.join(ORDERS)}.")
    words = await _words(request)
    key = request.headers.get("Idempotency-Key") or str(uuid.uuid4())
    if words is None or not _KEY.fullmatch(key):
        return error(400, 'Send JSON such as {"words": "production looks good"}; a key is letters, digits and -.')
    obeyed = await site.operator.obey(name, request.match_info["execution"], words, key)
    if obeyed.execution is None:
        return error(404, "There is no such execution.")
    if obeyed.refusal is not None:
        status = 400 if obeyed.refusal.reason is RefusalReason.BAD_ARGUMENTS else 409
        return error(status, refusal_sentence(obeyed.refusal, "penstock "), reason=obeyed.refusal.reason.value)
    return web.json_response(plain(request, obeyed.execution))


async def _words(request: web.Request) -> str | None:
    if request.content_type != "application/json":
        return None
    try:
        body: Any = await request.json()
    except ValueError:
        return None
    words = body.get("words", "") if isinstance(body, dict) else None
    return words if isinstance(words, str) and len(words) <= LONGEST else None


def error(status: int, text: str, **more: str) -> web.Response:
    """Why an order was not obeyed, as programs read it."""
    return web.json_response({"error": text, **more}, status=status)
