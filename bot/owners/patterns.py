"""A pattern of CODEOWNERS as globs of ours (`bot.model.glob`), which match in linear time whatever somebody wrote.

GitHub's is gitignore's (https://git-scm.com/docs/gitignore#_pattern_format) but for what it lists as exceptions; GitLab's is Ruby's
`File.fnmatch` with `FNM_DOTMATCH | FNM_PATHNAME` (https://docs.gitlab.com/user/project/codeowners/reference/#paths-to-match).
"""

import re

_STARS = re.compile(r"\*{2,}")
_SPECIAL = re.compile(r"\\.|\[[^\]]*\]|[*?]", re.DOTALL)
_BRACES = re.compile(r"(\\.)|([{}])", re.DOTALL)


def github(pattern: str) -> tuple[str, ...]:
    """A slash before the end ties it to the root. What matches a folder owns all in it, but for a last `*` of its own."""
    body = pattern.strip("/")
    tied = "/" in pattern.rstrip("/")
    whole = body if tied else f"**/{body}"
    whole = _globs(whole, last_crosses=True)
    if pattern.endswith("/"):
        return (f"{whole}/**",)
    if whole.rsplit("/", 1)[-1] == "*":
        return (whole,)
    return whole, f"{whole}/**"


def gitlab(pattern: str) -> tuple[str, ...]:
    """Only a slash at its beginning ties it to the root; only one at its end stands for all in a folder."""
    body = pattern[1:] if pattern.startswith("/") else f"**/{pattern}"
    if body.endswith("/") or not body:
        body += "**/*"
    return (_globs(body, last_crosses=False),)


def needle(pattern: str) -> str:
    """Text that is in whatever the glob matches: most paths are told apart by it, a hundred times as fast as by the glob.

    Slashes at its ends don't count, for `**/` may stand for nothing.
    """
    return max((part.strip("/") for part in _SPECIAL.split(pattern)), key=len)


def _globs(text: str, *, last_crosses: bool) -> str:
    """`**` crosses folders only as a segment of its own; braces, which are special in our globs alone, are escaped."""
    segments = text.split("/")
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        if segment != "**" or (index == last and not last_crosses):
            segments[index] = _STARS.sub("*", segment)
    return _BRACES.sub(lambda found: found[1] or f"\\{found[2]}", "/".join(segments))
