"""Hosts as a message meets them: what fits, and what a reader sees of its Markdown."""

import html
import re

from markdown_it import MarkdownIt

from bot.ports import HostLimits

URL = "https://ci.example.org"
GITHUB = HostLimits(description=140, comment=65_536, reactions=True, folding=True)
GITLAB = HostLimits(description=255, comment=1_000_000, reactions=True, folding=True, command_prefix="/penstock ")
BITBUCKET = HostLimits(description=255, comment=32_768, reactions=False, folding=False)

_RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_TAG = re.compile(r"<[^>]*>")


def rendered(markdown: str) -> str:
    """The HTML that a host would make of it, before it looks for mentions."""
    return str(_RENDERER.render(markdown))


def shown(markdown: str) -> str:
    """The text that a reader sees, the breaks that keep hosts from seeing mentions left out."""
    return html.unescape(_TAG.sub("", rendered(markdown))).replace("\u200b", "")
