"""Comments as HTML: CommonMark with tables, then everything that is not on a short list of harmless tags taken out."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])

# No img: a page of ours fetches nothing from elsewhere. Comments in HTML are dropped by nh3.
_TEXT = {"a", "b", "br", "code", "del", "em", "i", "ins", "kbd", "s", "samp", "span", "strike", "strong", "sub", "sup"}
_BLOCKS = {"blockquote", "dd", "details", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "summary", "ul"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_ATTRIBUTES = {"a": {"href", "title"}, "details": {"open"}, "td": {"align"}, "th": {"align"}, "ol": {"start"}}


@lru_cache(maxsize=512)
def render(text: str) -> Markup:
    """Safe to put into a page as it is."""
    html = _MARKDOWN.render(text)
    clean = nh3.clean(
        html,
        tags=_TEXT | _BLOCKS | _HEADINGS | _TABLES,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704  sanitised just above
