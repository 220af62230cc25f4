"""Quick actions: lines of a note that GitLab obeys and takes out of it. https://docs.gitlab.com/user/project/quick_actions/."""

import re

OF_MERGE_REQUESTS = frozenset(
    {
        *(
            "approve",
            "assign",
            "assign_reviewer",
            "close",
            "copy_metadata",
            "done",
            "draft",
            "due",
            "estimate",
            "label",
        ),
        *("lock", "merge", "milestone", "ready", "rebase", "reassign", "relabel", "reopen", "request_review", "spend"),
        *("submit_review", "subscribe", "target_branch", "title", "todo", "unapprove", "unassign", "unlabel", "unlock"),
    }
)
OF_COMMITS = frozenset({"tag"})

_FENCED = re.compile(r"^```[a-z]*\n.*?^```$", re.MULTILINE | re.DOTALL)
"""What GitLab takes for code: three backticks, no more. Its own expression is as narrow, whatever Markdown says."""

_LINE = re.compile(r"^/(\w+)(?: ([^\n]*))?(?:\s*\n|$)", re.MULTILINE)


def extracted(body: str, *, on_commit: bool) -> tuple[str, list[str]]:
    """What is left of the note, and the actions that were obeyed."""
    known, obeyed = (OF_COMMITS if on_commit else OF_MERGE_REQUESTS), []
    body = body.replace("\r", "")
    code = [found.span() for found in _FENCED.finditer(body)]

    def take(found: re.Match[str]) -> str:
        inside = any(begin <= found.start() < end for begin, end in code)
        if inside or found[1].lower() not in known:
            return found[0]
        obeyed.append(found[1].lower())
        return ""

    return _LINE.sub(take, body).rstrip(), obeyed
