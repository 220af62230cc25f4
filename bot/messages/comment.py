"""The one comment of a pipeline on a pull request: made anew from the execution each time, and edited in place.

Its first line is the marker that it is found again by. It is never longer than the host takes: logs are cut first, then
stages are folded in the middle of the table.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import quote

from bot.messages.annotations import annotation_lines
from bot.messages.batches import batch_lines
from bot.messages.deployments import deployment_lines
from bot.messages.hints import hints
from bot.messages.markdown import block, code, folded, link, marker, plain
from bot.messages.notifications import nobody_told
from bot.messages.results import results_lines
from bot.messages.rollbacks import followed
from bot.messages.rows import table
from bot.messages.state import execution_icon, sentence, waiting_approvals
from bot.messages.statuses import execution_url
from bot.messages.words import answers, progress, resolved
from bot.model.annotation import Annotation
from bot.model.batch import BatchRun
from bot.model.deployment import Deployment
from bot.model.execution import ActionRun, ActionStatus, Execution
from bot.model.pipeline import Pipeline
from bot.ports import HostLimits

_LEAST_LOG = 400  # A shorter piece of a log explains nothing.
_MOST_LOGS = 3
_MOST_ANSWERS = 20
_MOST_ASKS = 5
_MOST_RESULTS = 10
_LINE_END = "  \n"  # two spaces: a line end that Markdown keeps
NO_REMARKS: Mapping[str, Sequence[Annotation]] = {}
_FOLDS = (60, 20, 7, 3, 0)


def comment_marker(pipeline: str) -> str:
    return marker("pipeline", pipeline)


def comment_text(
    execution: Execution,
    pipeline: Pipeline,
    base_url: str,
    now: float,
    limits: HostLimits,
    tails: Mapping[str, str],
    name: str = "",
    remarks: Mapping[str, Sequence[Annotation]] = NO_REMARKS,
    deployments: Sequence[Deployment] = (),
    targets: Collection[str] | None = None,
    batches: Sequence[BatchRun] = (),
) -> str:
    """Markdown, at most `limits.comment` characters. `tails` are the last lines of failed actions' logs, by log key.

    `name` is what it is found again by, the pipeline's unless a thread has several of its comments. `remarks` are what logs say of
    lines of files, by log key. `deployments` are those of the newest attempts. `targets` of notifications are those that there are; None: that is
    not known. `batches` are those that go on.
    """
    opening = f"{comment_marker(name or pipeline.name)}\n{_headline(execution, pipeline, base_url)}"
    asks = "\n\n".join(list(_asks(execution, pipeline))[:_MOST_ASKS])
    tests = _LINE_END.join(list(results_lines(execution))[:_MOST_RESULTS])
    rolled = _LINE_END.join([*batch_lines(batches), *deployment_lines(deployments)][:_MOST_RESULTS])
    found = _LINE_END.join(annotation_lines(execution, remarks))
    untold = "" if targets is None else nobody_told(pipeline, targets)
    next_ = _LINE_END.join(hints(execution, pipeline, limits.command_prefix, now)[:_MOST_ASKS])
    for most in _FOLDS:
        rows = table(execution, pipeline, execution_url(base_url, execution), now, most)
        given = _LINE_END.join(_answers(execution)[-most:] if most else ())
        body = "\n\n".join(filter(None, [opening, rows, rolled, tests, found, given, asks, untold, next_]))
        if len(body) <= limits.comment:
            return body + log_texts(execution, base_url, tails, limits, limits.comment - len(body))
    return _cut(opening, limits.comment)


def _headline(execution: Execution, pipeline: Pipeline, base_url: str) -> str:
    icon = execution_icon(execution, pipeline)
    state = plain(sentence(execution, pipeline), 300)
    revision = execution.revision
    commit = " ".join(filter(None, [code(revision.short), plain(revision.summary, 72)]))
    page = link(f"execution {execution.number}", execution_url(base_url, execution))
    back = f" · {followed(execution)}" if followed(execution) else ""
    done = "" if execution.in_part else f" · {progress(execution)} done"
    return f"**{icon} {state}** · {commit} · {page}{done}{back}"


def _answers(execution: Execution) -> list[str]:
    """Who answered what, with their words."""
    return [
        f"{plain(f'{stage.name}/{run.name}')} {plain(answer, 600)}"
        for stage in execution.stages
        for run in stage.actions
        for answer in answers(run)
    ][-_MOST_ANSWERS:]


def _asks(execution: Execution, pipeline: Pipeline) -> Iterator[str]:
    """What the pipeline file tells those who are to answer."""
    if execution.status.ended or execution.waiting:
        return
    stage = pipeline.stage(execution.current.name)
    for run, approval in waiting_approvals(execution.current, stage):
        text = resolved(approval.message, execution, pipeline)
        page = link("what to look at", resolved(approval.link, execution, pipeline)) if approval.link else ""
        words = " · ".join(filter(None, [plain(text, 500), page]))
        if words:
            yield f"{plain(f'{stage.name}/{run.name}')} asks: {words}"


def log_texts(
    execution: Execution, base_url: str, tails: Mapping[str, str], limits: HostLimits, room: int | None = None
) -> str:
    """The ends of the first failed actions' logs, as far as there is room for them: as much as a comment has, unless it is said."""
    room = limits.comment if room is None else room
    failed = [
        (f"{stage.name}/{run.name}", run)
        for stage in execution.stages
        for run in stage.actions
        if run.status is ActionStatus.FAILED and tails.get(run.log, "").strip()
    ][:_MOST_LOGS]
    text = ""
    for left, (name, run) in zip(range(len(failed), 0, -1), failed, strict=True):
        share = (room - len(text)) // left
        text += _log(name, run, tails[run.log], log_url(base_url, execution, run), limits, share)
    return text


def _log(name: str, run: ActionRun, tail: str, url: str, limits: HostLimits, room: int) -> str:
    summary = f"The last lines of {name}, attempt {run.attempt}"
    whole = link("The whole log", url)
    frame = len("\n\n" + folded(summary, f"{block('')}\n\n{whole}", folding=limits.folding))
    for size in (8000, 2000, _LEAST_LOG):
        if size <= room - frame or size == _LEAST_LOG:
            text = "\n\n" + folded(summary, f"{block(tail, size)}\n\n{whole}", folding=limits.folding)
            if len(text) <= room:
                return text
    return ""


def log_url(base_url: str, execution: Execution, run: ActionRun) -> str:
    """The page of an action's log; a log's key is the path of its job: execution, stage, action, attempt."""
    return f"{execution_url(base_url, execution)}/logs/{quote(run.log.partition('/')[2])}"


def _cut(opening: str, limit: int) -> str:
    """For a host that takes next to nothing: the headline as far as it goes, whole lines and words only."""
    if len(opening) <= limit:
        return opening
    first, _, rest = opening.partition("\n")
    return f"{first}\n{rest[: max(0, limit - len(first) - 1)].rpartition(' ')[0]}"[:limit]
