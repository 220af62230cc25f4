"""How a comment of ours carries its mark on Bitbucket, which shows an HTML comment to every reader.

Both Bitbuckets read Markdown without HTML ("safe mode"), so a mark is a link definition that nothing refers to. Markdown
renders it as nothing; the text keeps it. https://spec.commonmark.org/0.31.2/#link-reference-definitions
https://support.atlassian.com/bitbucket-cloud/docs/add-markup-to-your-readme/ (HTML is not supported)
https://confluence.atlassian.com/bitbucketserver/markdown-syntax-guide-776639995.html
"""

import re

_HTML = re.compile(r"<!-- (penstock:[^\s()]+) -->")
_HIDDEN = re.compile(r"\[//\]: # \((penstock:[^\s()]+)\)")


def hidden(marker: str) -> str:
    """The port's marker as it stands on Bitbucket, on a line of its own."""
    return _HTML.sub(r"[//]: # (\1)", marker)


def marked(body: str, marker: str) -> str:
    """A body that begins with the port's marker, as it is written to Bitbucket: a blank line ends the definition."""
    return f"{hidden(marker)}\n\n{body.removeprefix(marker).lstrip()}"


def is_own(text: str) -> bool:
    """Whether a comment begins with any mark of ours. The bot's account may be an ordinary user, so that alone does not tell it."""
    return _HIDDEN.fullmatch(_first_line(text)) is not None


def plain(text: str) -> str:
    """The body as the port had it, for those who compare."""
    return _HIDDEN.sub(r"<!-- \1 -->", text, count=1).replace("-->\n\n", "-->\n", 1) if is_own(text) else text


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip()
