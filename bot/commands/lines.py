"""The lines of a comment that its writer says in their own voice: no quotes, no code, nothing hidden or struck out.

Markdown decides, read as the hosts read it (CommonMark with tables and strikethrough), so that what people see is what
counts. Nothing here knows a command.
"""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST = 65_536
"""A longer comment has no command. It is GitHub's limit; reading the worst that fits takes about a second."""

# Without `text_join` an escaped or encoded character stays apart from the text: `\\/approve` is written not to be obeyed.
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")

_NEWLINE = re.compile(r"\r\n?")
_CANDIDATE = re.compile(r"(?:^|[\r\n])[^\S\r\n]*/\w")

# What quotes or hides. Other elements, and words in angle brackets that are no elements, change nothing.
_APART = frozenset(
    {"blockquote", "cite", "code", "del", "details", "kbd", "pre", "q", "s", "samp", "script", "strike", "style"}
    | {"svg", "table", "template", "textarea", "title", "tt", "var"}
)
_QUOTES = frozenset({"blockquote_open", "blockquote_close", "table_open", "table_close"})
_QUIET = frozenset({"link_open", "link_close", "s_open", "s_close"})
_EMPHASIS = frozenset({"em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"})
_BREAKS = frozenset({"softbreak", "hardbreak"})


def spoken_lines(body: str) -> Iterator[str]:
    """Such lines that begin with a slash, with what follows it as it reads when rendered."""
    if len(body) > LONGEST or not _CANDIDATE.search(body):
        return
    source = _NEWLINE.sub("\n", body).split("\n")
    html = _Html()
    quotes = 0
    for token in _MARKDOWN.parse(body):
        if token.type in _QUOTES:
            quotes += token.nesting
        elif token.type == "html_block":
            html.read(token.content)
        elif token.type == "inline" and token.children and token.map:
            # A list's or a heading's mark before the first line makes that line begin with something else.
            marked = not source[token.map[0]].lstrip().startswith("/")
            for at, line in _lines(token.children, html):
                if not quotes and not (marked and at == 0):
                    yield line


def _lines(children: Sequence[Token], html: "_Html") -> Iterator[tuple[int, str]]:
    """The lines of one paragraph that begin with a slash, with their places in it."""
    at, quiet = 0, 0
    line: list[str] = []
    begins: bool | None = None  # None: nothing visible of the line has been seen yet
    for token in (*children, Token("softbreak", "br", 0)):
        if token.type in _BREAKS:
            if begins:
                yield at, "".join(line).strip()
            at, line, begins = at + 1, [], None
            continue
        if token.type == "html_inline":
            html.read(token.content)
        quiet += token.nesting if token.type in _QUIET else 0
        if begins is None and not (token.type == "text" and not token.content.strip()):
            slash = token.type == "text" and token.content.lstrip().startswith("/")
            begins = slash and not quiet and not html.apart
        line.append(_shown(token))


def _shown(token: Token) -> str:
    if token.type == "code_inline":
        return f"{token.markup}{token.content}{token.markup}"
    if token.type == "html_inline":
        return "" if token.content.startswith("<!") else token.content
    return token.markup if token.type in _EMPHASIS else token.content


class _Html:
    """Follows the elements that are open, over all the pieces of HTML in a comment. One left open hides all the rest."""

    def __init__(self) -> None:
        self._open: list[str] = []

    @property
    def apart(self) -> bool:
        return bool(self._open)

    def read(self, piece: str) -> None:
        tags = _Tags()
        tags.feed(piece)
        for tag, begins in tags.found:
            if begins:
                self._open.append(tag)
            elif tag in self._open:
                del self._open[_last(self._open, tag) :]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _APART:
            self.found.append((tag, True))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """HTML knows no self-closing: `<details/>` opens."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _APART:
            self.found.append((tag, False))


def _last(items: list[str], item: str) -> int:
    return len(items) - 1 - items[::-1].index(item)
