"""A start that was refused where nobody asked for it in words: the status, and the comment, that say so instead of silence.

The ceiling of live executions is the usual reason (QUE-4, PAR-1), a variable without a value another.
"""

from bot.core.effects import ReportNotStarted
from bot.messages.hints import typed
from bot.messages.markdown import code, link, marker, plain
from bot.messages.refusals import refusal_sentence, refusal_text
from bot.messages.statuses import pipeline_context
from bot.messages.text import fit, one_line
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostLimits


def not_started_status(report: ReportNotStarted, url: str, limits: HostLimits) -> CommitStatus:
    words = f"not started: {one_line(refusal_sentence(report.refusal, limits.command_prefix))}"
    context, description = pipeline_context(report.pipeline), fit([words], limits.description)
    return CommitStatus(report.repository, report.commit, context, StatusState.INVALID, description, url)


def not_started_marker(pipeline: str) -> str:
    return marker("not-started", pipeline)


def not_started_comment(report: ReportNotStarted, url: str, limits: HostLimits) -> str:
    """One a pipeline, about the newest commit that it was not started for. `url` is the commit's page."""
    commit = link(code(report.commit[:7]), url)
    again = typed(limits.command_prefix, "rerun", report.pipeline)
    words = refusal_text(report.refusal, limits.command_prefix)
    text = f"**⏹️ {plain(report.pipeline)} was not started** for {commit}: {words}\n\nTo start it then: {again}"
    return f"{not_started_marker(report.pipeline)}\n{text}"[: limits.comment]
