"""Markdown that strangers' text can't break out of: no links, no markup, no HTML, no mentions, no commands, no markers.

What a host makes of a text after Markdown (mentions, references, bare links) does not know of Markdown's escapes, so
those are broken by a zero-width space. Every host shows it as nothing.
"""

import re
from urllib.parse import quote, urlsplit

from bot.messages.text import ELLIPSIS, many_lines, one_line

_NEWLINE = "\n"
_BREAK = "\u200b"
# `@ada`, `#12`, `!12` and the further references of GitLab; `@{712020:…}` and `@"Ada L."` of Bitbucket; `GH-12`; `https://…` and
# `www.…`, which hosts turn into links.
_HOST_SYNTAX = re.compile(
    r"(?P<mark>[@#!%^$~&](?=\w)|@(?=[{\"]))|(?P<gh>\bGH-)(?=\d)|(?P<scheme>:)(?=//)|(?P<www>\bwww)(?=\.)", re.IGNORECASE
)
_MARKUP = re.compile(r"[\\`*_\[\]|~$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BLOCK_START = re.compile(r"^(?:([#+=-])|(\d+)([.)]))")
_COMMAND_LINE = re.compile(r"^([^\S\n]*)(/[\w-]+(?:\s|$))", re.MULTILINE)
_BACKTICKS = re.compile(r"`+")
_SAFE_IN_URL = "/:?#[]@!$&'*+,;=%~-._"


def plain(text: str, limit: int = 200) -> str:
    """A stranger's text, shown as it is, on one line. `limit` counts characters of the text, not of its escapes."""
    text = _MARKUP.sub(r"\\\g<0>", _inert(one_line(text, limit)))
    return _BLOCK_START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", text)


def _inert(text: str) -> str:
    """Nothing for HTML, nor for what hosts look for in any text."""
    text = _HOST_SYNTAX.sub(lambda match: match[0] + _BREAK, text)
    return "".join(_ENTITIES.get(char, char) for char in text)


def code(text: str, limit: int = 200) -> str:
    """Inline code: for what can be typed or looked up. Not for a table's cell, which would end at a bar even in code."""
    text = _without_markers(one_line(text, limit))
    ticks = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    pad = " " if len(ticks) > 1 or not text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def block(text: str, room: int = 8000) -> str:
    """A log's end as a code block of at most about `room` characters; the beginning goes first."""
    content = _COMMAND_LINE.sub(
        rf"\1{_BREAK}\2", _without_markers("\n".join(many_lines(text[-4 * room :])).strip("\n"))
    )
    if len(content) > room:
        end = content[len(content) - room :]
        content = f"{ELLIPSIS}\n{end.partition(_NEWLINE)[2] or end}"
    ticks = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(content)), default=0))
    return f"{ticks}text\n{content}\n{ticks}"


def prose(text: str, limit: int = 1000) -> str:
    """A sentence of ours with strangers' words in it: what stands between backticks becomes code, the rest is `plain`."""
    parts = one_line(text, limit).split("`")
    if len(parts) % 2 == 0:  # an odd backtick opens nothing
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(_piece(part, is_code=bool(at % 2)) for at, part in enumerate(parts))


def _piece(text: str, *, is_code: bool) -> str:
    if is_code:
        return code(text)
    head, tail = " " * text.startswith(" "), " " * (text.endswith(" ") and len(text) > 1)
    return f"{head}{plain(text, len(text))}{tail}"


def folded(summary: str, inside: str, *, folding: bool) -> str:
    """Something long behind a line to click on; where a host has no such thing, the line and what it would hide.

    `summary` is plain text: Markdown is not read inside that element, but mentions are.
    """
    if not folding:
        return f"{plain(summary, 300)}\n\n{inside}"
    return f"<details><summary>{_inert(one_line(summary, 300))}</summary>\n\n{inside}\n\n</details>"


def link(label: str, url: str) -> str:
    """A link to a page. `label` is Markdown; only http and https are linked, from anything else only the label is shown."""
    try:
        web = urlsplit(url).scheme in ("http", "https")
    except ValueError:  # such as an open bracket where a host should be
        web = False
    return f"[{label}]({quote(url, safe=_SAFE_IN_URL, errors='replace')})" if web else label


def marker(kind: str, name: str) -> str:
    """What a comment of ours is found again by. No stranger's text can hold one: `plain`, `code` and `block` see to it."""
    return f"<!-- penstock:{kind}:{quote(name, safe='')} -->"


def _without_markers(text: str) -> str:
    return text.replace("<!--", f"<!{_BREAK}--")
