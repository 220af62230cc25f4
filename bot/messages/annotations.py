"""What actions' logs remark, in Markdown: the first of them, each with its place."""

from collections.abc import Mapping, Sequence

from bot.messages.markdown import code, plain
from bot.messages.text import one_line
from bot.messages.words import plural
from bot.model.annotation import Annotation, Severity
from bot.model.execution import ActionStatus, Execution

ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}
_MOST = 5
_LONGEST = 300


def annotation_place(one: Annotation) -> str:
    """`src/a.c:3:12`."""
    return f"{one.path}:{one.line}:{one.column}" if one.column else f"{one.path}:{one.line}"


def annotation_words(one: Annotation) -> str:
    """`'x' undeclared (E0425)`."""
    message = one_line(one.message, _LONGEST)
    return f"{message} ({one.code})" if one.code and one.code not in message else message


def annotation_lines(execution: Execution, by_log: Mapping[str, Sequence[Annotation]]) -> list[str]:
    """Of actions that have failed, by the keys of their logs: what is only a notice is left out."""
    failed = [run for stage in execution.stages for run in stage.actions if run.status is ActionStatus.FAILED]
    found = [one for run in failed for one in by_log.get(run.log, ()) if one.severity is not Severity.NOTICE]
    unlike = list(dict.fromkeys((one.severity, annotation_place(one), annotation_words(one)) for one in found))
    lines = [f"{ICONS[severity]} {code(place)} {plain(words, 400)}" for severity, place, words in unlike[:_MOST]]
    more = len(unlike) - len(lines)
    return [*lines, f"and {plural(more, 'more remark')}"] if more > 0 else lines
