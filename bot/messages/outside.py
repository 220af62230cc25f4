"""A change from outside: the status and the comment that say that nothing of it has run, and who can let it run, and how."""

from bot.core.effects import ReportHeld
from bot.messages.hints import typed
from bot.messages.markdown import code, link, marker, plain
from bot.messages.statuses import pipeline_context
from bot.messages.text import fit
from bot.model.repository import Ref, RefKind
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostLimits

SHORT = 12
"""Characters of a commit's id that are shown where there is little room, and the fewest that name one to be run: what is
shorter, somebody with a graphics card can give another commit in no time."""


def held_status(report: ReportHeld, url: str, limits: HostLimits) -> CommitStatus:
    """It waits for a person, so a branch that requires it can't be merged meanwhile."""
    how = f"{limits.command_prefix}ok-to-test {report.commit[:SHORT]}"
    words = [f"not run, since it comes from outside; who may write can allow it: {how}"]
    context, description = pipeline_context(report.pipeline), fit(words, limits.description)
    ref = Ref(RefKind.PULL_REQUEST, report.thread.name)
    state = StatusState.WAITING
    return CommitStatus(report.repository, report.commit, context, state, description, url, ref, report.branch)


def held_marker(pipeline: str) -> str:
    return marker("outside", pipeline)


def held_comment(report: ReportHeld, url: str, limits: HostLimits) -> str:
    """One a pipeline, about the pull request's newest commit. `url` is the commit's page."""
    commit, name = link(code(report.commit[:7]), url), plain(report.pipeline)
    if report.allowed_by is not None:
        text = f"**✅ {name} was allowed to run** for {commit} by {plain(report.allowed_by.login)}. The next commit needs leave of its own."
    elif not report.readable:
        text = (
            f"**⏳ {name} has not run** for {commit}: this change comes from outside ({plain(report.reason)}), and its commit"
            " can't be had from this repository.\n\nWhoever may write here, and has looked at it, can push it to a branch of this"
            " repository and propose that branch."
        )
    else:
        how = typed(limits.command_prefix, "ok-to-test", report.commit)
        text = (
            f"**⏳ {name} has not run** for {commit}: this change comes from outside ({plain(report.reason)}).\n\n"
            f"Whoever may write here, and has looked at the commit, can let it run: {how}\n\n"
            "It then runs by the pipeline file of the target branch, without secrets, and not beyond building and testing."
            " The next commit needs leave of its own."
        )
    return f"{held_marker(report.pipeline)}\n{text}"[: limits.comment]
