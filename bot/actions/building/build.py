"""One build, seen through: prepared, run, and again from the beginning for as long as its buildspec says so (ONF-4).

What an action makes of its build, or of the builds of its batch, is said in `action`.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.building.artifacts import Output, Roots, evaluated_reports, make_artifacts, reach_of, texts_of
from bot.actions.building.caching import Caching, Keys
from bot.actions.building.driver import Driver, evaluation_script, write_texts
from bot.actions.building.ended import Ended, artifacts_due, made_outputs, read_ended, read_values
from bot.actions.building.environment import whole
from bot.actions.building.here import check, notes
from bot.actions.building.reach import Reach
from bot.actions.building.reports import read_reports
from bot.actions.building.spec import SpecInvalid, load, with_references, with_variables
from bot.actions.building.stored import NotStored, StoredValues
from bot.actions.building.users import UserRefused, let_in, with_users
from bot.actions.building.words import Words
from bot.actions.outcome import Told, code, told, verdict
from bot.actions.outputs import OutputsInvalid
from bot.actions.secrets import masked, opened
from bot.actions.worktrees import WorkTrees, tree_of
from bot.core.variables import Unresolved, resolver
from bot.model.artifact import Artifact
from bot.model.buildspec import Buildspec, Cache
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.repository import Repository
from bot.model.results import ReportGroup, Results
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Clock,
    CommitUnavailable,
    Executor,
    HostRefused,
    Job,
    JobEnd,
    NoSpace,
    SealBroken,
    Secrets,
    no_space,
)

MOST_RETRIES = 100

REFUSED = (NotStored, UserRefused, Unresolved, SealBroken, CommitUnavailable, HostRefused, ArtifactError)
"""What keeps a build from beginning beside its buildspec, in words for whoever asked for it."""


@dataclass(frozen=True, slots=True)
class Order:
    """A build that is wanted. `job` names it, its folder and its log for ever.

    `references`: its buildspec stands in the pipeline file, and may refer to what is known there. `variables` stand over the
    buildspec's own, `env` over everything. `outputs` says what it is to make, `keep` what becomes of that. `timeout` in seconds.
    """

    context: ActionContext
    job: str
    buildspec: str | Mapping[str, object]
    outputs: Callable[[Buildspec], tuple[Output, ...]]
    keep: Callable[[Roots], Awaitable[Mapping[str, Artifact]]]
    timeout: float
    references: bool = False
    batch: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Built:
    """How a build ended. `earlier` are the results of those that were done again."""

    outcome: ActionOutcome
    reports: tuple[ReportGroup, ...] = ()
    earlier: tuple[Results, ...] = ()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """One build, made ready: what its shell works off, its job, and the texts that its shell evaluates."""

    spec: Buildspec
    job: Job
    folder: Path
    reach: Reach
    outputs: tuple[Output, ...]
    texts: tuple[str, ...]
    keys: Keys


class Builder:
    """Builds what is ordered. `urls` gives an execution's page, and a repository's."""

    def __init__(
        self,
        executor: Executor,
        trees: WorkTrees,
        secrets: Secrets,
        stored: StoredValues,
        handover: Handover,
        caching: Caching,
        words: Words,
        clock: Clock,
        urls: tuple[Callable[[str], str], Callable[[Repository], str]],
    ) -> None:
        self._executor = executor
        self._trees = trees
        self._secrets = secrets
        self._stored = stored
        self._handover = handover
        self._caching = caching
        self._words = words
        self._clock = clock
        self._execution_url, self._repository_url = urls
        self._current: dict[str, str] = {}

    async def build(self, order: Order) -> Built:
        """Builds are found again by their names, so a life that begins in the middle of retries goes on there."""
        began = self._clock.now()
        earlier: list[Results] = []
        try:
            with self._words.held(order.job):
                for attempt in range(MOST_RETRIES + 1):
                    built = await self._attempt(order, attempt, began, earlier)
                    if built is not None:
                        break
            assert built is not None  # noqa: S101  a build that may not be retried has an outcome
            started = began if attempt else built.outcome.started_at
            return replace(built, outcome=replace(built.outcome, started_at=started), earlier=tuple(earlier))
        finally:
            self._current.pop(order.job, None)

    async def abandon(self, job: str) -> None:
        await self._executor.kill(self._current.get(job, job))

    async def _attempt(self, order: Order, attempt: int, began: float, earlier: list[Results]) -> Built | None:
        """One build to its end; None when it is to be done again, from the beginning (ONF-4). `earlier` takes its results then."""
        name = build_name(order.job, attempt)
        self._current[order.job] = name
        try:
            prepared = await self._prepare(order, name, attempt)
        except SpecInvalid as invalid:
            self._words.tell(order.job, [str(problem) for problem in invalid.problems] or [str(invalid)])
            return Built(ActionOutcome(ActionStatus.FAILED, began, str(invalid), ErrorCode.CONFIGURATION))
        except REFUSED as error:
            return Built(ActionOutcome(ActionStatus.FAILED, began, str(error), code(error)))
        order.context.has_all()
        result = await self._executor.run(prepared.job)
        ended = await asyncio.to_thread(
            read_ended, prepared.folder / "build", prepared.texts, prepared.spec.env.exported
        )
        status, why, summary = verdict(prepared.job, result)
        if result.end is not JobEnd.EXITED:
            return Built(told(result).outcome(status, summary, why))
        reports = await self._reports(order, prepared, ended)
        if ended.again:
            earlier.append(Results(reports))
            words = (
                f"This build is done again, for the {_ordinal(attempt + 1)} time of {prepared.spec.retries} at most."
            )
            self._words.tell(order.job, [words], prepared.job.secrets)
            return None
        return Built(await self._finish(order, prepared, ended, told(result), summary), reports)

    async def _reports(self, order: Order, prepared: _Prepared, ended: Ended) -> tuple[ReportGroup, ...]:
        """AFT-1: whenever a phase has run."""
        if not prepared.spec.reports or not ended.phases:
            return ()
        groups = evaluated_reports(prepared.spec, prepared.outputs, prepared.reach.source, ended.texts)
        reports = await asyncio.to_thread(read_reports, groups, prepared.reach, prepared.job.secrets)
        problems = [f"Report {report.group}: {words}" for report in reports for words in report.problems]
        if problems:
            self._words.tell(order.job, problems, prepared.job.secrets)
        return reports

    async def _prepare(self, order: Order, name: str, attempt: int) -> _Prepared:
        context = order.context
        folder = await self._trees.prepare(name, tree_of(context.execution, context.pipeline))
        await self._handover.bring(context, folder)
        sources = list(places(context, folder).values())
        source = sources[0]
        reading = await asyncio.to_thread(load, order.buildspec, source)
        assert reading.buildspec is not None  # noqa: S101  `load` raises for what can't be read
        env: dict[str, str] = {}
        spec = with_variables(reading.buildspec, order.variables)
        if order.references:
            spec = with_references(spec, resolver(context.pipeline, context.execution), env)
        check(spec)
        spec = with_users(spec)
        outputs = order.outputs(spec)
        texts = texts_of(spec, outputs)
        driver = Driver(spec, attempt, [*notes(spec, batch=order.batch), *reading.warnings], texts)
        urls = self._execution_url(context.execution.id), self._repository_url(context.execution.lane.repository)
        secrets = opened(self._secrets, context)
        stored = await self._stored.of(spec.env, secrets, context.execution)
        own = {**env, **order.env}
        env, hidden = whole(context, spec, name, folder, secrets, stored, self._clock.now(), urls, own)
        env["PENSTOCK_BUILD"] = str(folder / "build")
        job = Job(name, driver.script(), source, env, order.job, order.timeout, hidden, output=folder / "output")
        keys = Keys("") if spec.cache is None else await self._keys(order, spec.cache, job, folder)
        if not (folder / "build").exists():  # an earlier life's build is found again as it is
            if spec.cache is not None:
                tell = self._words.teller(order.job, hidden)
                await self._caching.restore(context, order.job, spec.cache, keys, folder, tell)
            await asyncio.to_thread(let_in, spec, folder, sources)
            await asyncio.to_thread(write_driver, driver, folder)
        return _Prepared(spec, job, folder, reach_of(spec, sources), outputs, texts, keys)

    async def _keys(self, order: Order, cache: Cache, job: Job, folder: Path) -> Keys:
        """CAC-3: what the build's own shell makes of them, in a job of its own where there is anything to evaluate."""
        texts = (cache.key, *cache.fallback_keys)
        if not any("$" in text or "`" in text for text in texts):
            return Keys(cache.key, cache.fallback_keys)
        place = folder / "keys"
        await asyncio.to_thread(write_texts, texts, place)
        name = f"{job.id}/cache-key"
        self._current[order.job] = name
        evaluation = replace(
            job, id=name, script=evaluation_script(), env={**job.env, "PENSTOCK_BUILD": str(place)}, output=None
        )
        await self._executor.run(evaluation)
        self._current[order.job] = job.id
        key, *fallback = (value.strip() for value in read_values(place, texts))
        return Keys(key, tuple(fallback))

    async def _finish(self, order: Order, prepared: _Prepared, ended: Ended, end: Told, summary: str) -> ActionOutcome:
        """Section 6: artifacts are due after a failed BUILD, too; what is exported is a successful build's alone (AFT-5)."""
        succeeded = end.exit_status == 0
        failed = end.outcome(ActionStatus.FAILED, _masked(ended.message or summary, prepared.job), ErrorCode.JOB_FAILED)
        if not artifacts_due(prepared.spec, ended):
            return failed
        try:
            roots, warnings = await asyncio.to_thread(
                make_artifacts, prepared.spec, prepared.outputs, prepared.folder, prepared.reach, ended.texts
            )
            kept = await order.keep(roots)
            self._tell_upload(order, prepared, [*warnings, "Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED"])
            outputs = made_outputs(prepared.job, ended) if succeeded else {}
        except (ArtifactError, OutputsInvalid) as error:
            self._tell_upload(order, prepared, ["Phase complete: UPLOAD_ARTIFACTS State: FAILED", str(error)])
            words = f"UPLOAD_ARTIFACTS: {error}" if isinstance(error, ArtifactError) else str(error)
            return end.outcome(ActionStatus.FAILED, words, ErrorCode.CONFIGURATION) if succeeded else failed
        except (NoSpace, OSError) as error:
            full = no_space(error, "the work trees")
            if succeeded or full is None:
                raise
            # It has filled the device itself, as a rule: why it failed is worth more than what it would have left.
            self._tell_upload(order, prepared, ["Phase complete: UPLOAD_ARTIFACTS State: FAILED", str(full)])
            return failed
        if not succeeded:
            return replace(failed, artifacts=kept)
        if prepared.spec.cache is not None:
            tell = self._words.teller(order.job, prepared.job.secrets)
            keys, folder = prepared.keys, prepared.folder
            await self._caching.save(order.context, order.job, prepared.spec.cache, keys, folder, tell)
        outputs = masked(outputs, prepared.job.secrets)
        return replace(end.outcome(ActionStatus.SUCCEEDED), outputs=outputs, artifacts=kept)

    def _tell_upload(self, order: Order, prepared: _Prepared, lines: Sequence[str]) -> None:
        if prepared.outputs:
            self._words.tell(order.job, ["Entering phase UPLOAD_ARTIFACTS", *lines], prepared.job.secrets)


def build_name(job: str, attempt: int) -> str:
    return f"{job}/retry-{attempt}" if attempt else job


def build_names(job: str) -> list[str]:
    """All that there may be."""
    return [build_name(job, attempt) for attempt in range(MOST_RETRIES + 1)]


def last_folder(trees: WorkTrees, job: str) -> Path:
    """Of the build that came last."""
    made = [folder for build in build_names(job) if (folder := trees.folder(build)).exists()]
    return made[-1] if made else trees.folder(job)


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def write_driver(driver: Driver, folder: Path) -> None:
    """Whole or not at all: what a life left half written is written anew."""
    shutil.rmtree(folder / "build.new", ignore_errors=True)
    driver.write(folder / "build.new")
    (folder / "build.new").rename(folder / "build")


def _masked(text: str, job: Job) -> str:
    return masked({"": text}, job.secrets)[""]
