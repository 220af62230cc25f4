"""A pipeline file with errors: the failed status, the comment with all of them, and what the comment says once they are mended.

It is a comment of its own beside the pipeline's: an older execution may still run and report while a newer commit's file
is wrong, and neither must overwrite the other.
"""

from collections.abc import Sequence

from bot.core.effects import ReportInvalid
from bot.messages.markdown import code, link, marker, plain, prose
from bot.messages.statuses import pipeline_context
from bot.messages.text import fit, one_line
from bot.messages.words import plural
from bot.model.problem import Problem
from bot.model.repository import Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostLimits

_REASON = 500


def invalid_status(
    repository: Repository, commit: str, pipeline: str, problems: Sequence[Problem], url: str, limits: HostLimits
) -> CommitStatus:
    """Names the first problem; how many there are goes before it, where more than one is to be mended."""
    count = f"{len(problems)} errors" if len(problems) > 1 else ""
    parts = [count, *(one_line(str(problem)) for problem in problems[:1])]
    description = fit(parts, limits.description)
    return CommitStatus(repository, commit, pipeline_context(pipeline), StatusState.INVALID, description, url)


def invalid_marker(pipeline: str) -> str:
    return marker("invalid", pipeline)


def invalid_comment(report: ReportInvalid, limits: HostLimits, url: str) -> str:
    """Every problem with its place and its remedy, as many as fit. `url` is the commit's page."""
    commit = link(code(report.commit[:7]), url)
    located = any(problem.file and problem.line for problem in report.problems)
    what = f": its file has {plural(len(report.problems), 'error')}" if located else ""
    lines = [invalid_marker(report.pipeline), f"**❌ {plain(report.pipeline)} can't run{what}** · {commit}", ""]
    closing = "\n\nNothing was started." + (" Push a commit that mends it." if located else "")
    room = limits.comment - sum(len(line) + 1 for line in lines) - len(closing) - len(_more(10**6))
    for at, problem in enumerate(report.problems):
        line = _problem(problem)
        room -= len(line) + 1
        if room < 0:
            lines.append(_more(len(report.problems) - at))
            break
        lines.append(line)
    return "\n".join(lines) + closing


def mended_comment(report: ReportInvalid, limits: HostLimits) -> str:
    """`limits` is asked for as everywhere, though this always fits."""
    sentence = f"✅ The file of {plain(report.pipeline)} is in order again, since {code(report.commit[:7])}."
    return f"{invalid_marker(report.pipeline)}\n{sentence}"[: limits.comment]


def _problem(problem: Problem) -> str:
    where = ":".join(filter(None, [problem.file, *(str(n) for n in (problem.line, problem.column) if n)]))
    parts = [code(part) for part in (where, problem.path) if part]
    words = " ".join(prose(text, _REASON) for text in (problem.reason, problem.remedy) if text)
    return f"- {' · '.join(parts)}: {words}" if parts else f"- {words}"


def _more(count: int) -> str:
    return f"- … and {count} more"
