"""The list of executions: which to show, and how far to look for them. Serving it is `executions`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.core.effects import StartScheduled
from bot.model.execution import Execution, ExecutionStatus
from bot.model.repository import Ref, Repository
from bot.ports import ExecutionFilter, Store
from bot.web.drawn import ref_text, trigger_text
from bot.web.states import Look, of_execution, of_stage
from bot.web.times import Span

PAGE = 30
UPCOMING = 10
SCAN = 200
FARTHEST = 2000
"""How many executions are looked through for one page when a state is asked for; older ones are a page further."""

STATES: Mapping[str, tuple[str, Callable[[Execution], bool]]] = {
    "active": ("Still going", lambda e: not e.status.ended),
    "waiting": ("Waiting for approval", lambda e: of_execution(e).icon == "waiting"),
    "failed": ("Failed", lambda e: e.status is ExecutionStatus.FAILED),
    "succeeded": ("Succeeded", lambda e: e.status is ExecutionStatus.SUCCEEDED),
    "stopped": ("Stopped or superseded", lambda e: of_execution(e).icon in ("stopped", "skipped", "withheld")),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asked to see; empty fields do not filter. `before` is the last execution of the page before."""

    repository: str = ""
    pipeline: str = ""
    ref: str = ""
    state: str = ""
    before: str = ""
    succeeded_in: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        given = {name: query.get(name, "").strip() for name in ("repository", "pipeline", "ref", "state", "before")}
        given["state"] = given["state"] if given["state"] in STATES else ""
        return cls(**given, succeeded_in=query.get("succeededInStage", "").strip())

    @property
    def filtered(self) -> bool:
        return any((self.repository, self.pipeline, self.ref, self.state))

    def query(self, **changes: str) -> str:
        """The query that asks for this, changed."""
        fields = {name: getattr(self, name) for name in ("repository", "pipeline", "ref", "state")} | changes
        return urlencode({name: value for name, value in fields.items() if value})

    @property
    def filter(self) -> ExecutionFilter:
        live = self.state in ("active", "waiting")  # an execution that goes on is always live
        return ExecutionFilter(
            self.repository, self.pipeline, _full_ref(self.ref), live=live, succeeded_in=self.succeeded_in
        )


@dataclass(frozen=True, slots=True)
class Row:
    execution: Execution
    look: Look
    stages: tuple[tuple[str, Look], ...]
    span: Span
    title: str
    ref: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Listing:
    """`older` is the execution behind which the next page begins, "" when this is the last one."""

    rows: tuple[Row, ...]
    older: str


async def listing(store: Store, wanted: Wanted) -> Listing:
    """A page, newest first."""
    found: list[Execution] = []
    before, seen = wanted.before, 0
    fits = STATES[wanted.state][1] if wanted.state else lambda _: True
    size = SCAN if wanted.state else PAGE + 1
    while len(found) <= PAGE and seen < FARTHEST:
        batch = await store.executions(wanted.filter, size, before)
        found += filter(fits, batch)
        seen += len(batch)
        if len(batch) < size:
            before = ""
            break
        before = batch[-1].id
    if len(found) > PAGE:
        before = found[PAGE - 1].id
    return Listing(tuple(row(execution) for execution in found[:PAGE]), before)


def row(execution: Execution) -> Row:
    return Row(
        execution=execution,
        look=of_execution(execution),
        stages=tuple((stage.name, of_stage(execution, stage)) for stage in execution.stages),
        span=Span(execution.started_at, execution.ended_at, live=not execution.status.ended),
        title=execution.revision.summary or execution.revision.short,
        ref=ref_text(execution.revision.ref),
        trigger=trigger_text(execution),
    )


def _full_ref(text: str) -> str:
    """`main`, `tags/v1`, `#7` or `pull/7` as a lane names it."""
    if text.startswith("#"):
        return f"pull/{text[1:]}"
    try:
        return str(Ref.parse(text))
    except ValueError:
        return f"heads/{text}" if text else ""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What a schedule starts next, and when."""

    repository: Repository
    pipeline: str
    words: str
    at: float


def upcoming(effects: Sequence[StartScheduled], wanted: Wanted) -> list[Upcoming]:
    """Of the repository and pipeline that are looked at, the soonest first."""
    return [
        Upcoming(each.repository, each.pipeline, str(each.schedule), each.at)
        for each in effects
        if wanted.repository in ("", each.repository.full_name) and wanted.pipeline in ("", each.pipeline)
    ][:UPCOMING]
