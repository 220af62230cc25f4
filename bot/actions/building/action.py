"""The `build` and `test` actions: one buildspec after another attempt, until a build has ended that is not to be done again (BLD-1)."""

import asyncio
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.building.artifacts import evaluated_reports, make_artifacts, texts_of
from bot.actions.building.caching import Caching, Keys
from bot.actions.building.driver import Driver, evaluation_script, write_texts
from bot.actions.building.ended import Ended, artifacts_due, read_ended, read_values
from bot.actions.building.environment import whole
from bot.actions.building.here import check, notes
from bot.actions.building.reports import keep, read_reports
from bot.actions.building.spec import SpecInvalid, load, with_references
from bot.actions.building.stored import NotStored
from bot.actions.building.users import UserRefused, let_in, with_users
from bot.actions.building.words import LogOpener, Words
from bot.actions.outcome import Told, code, told, verdict
from bot.actions.outputs import LIMIT, OutputsInvalid, read_outputs
from bot.actions.secrets import masked, opened
from bot.actions.worktrees import WorkTrees, tree_of
from bot.buildspec import is_inline
from bot.core.variables import Unresolved, resolver
from bot.model.buildspec import Buildspec, Cache
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Build
from bot.model.repository import Repository
from bot.model.results import ReportGroup, Results
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Clock,
    CommitUnavailable,
    Executor,
    HostRefused,
    Job,
    JobEnd,
    SealBroken,
    Secrets,
    Sources,
    Store,
)
from bot.results import summary as summed_up

MOST_RETRIES = 100


@dataclass(frozen=True, slots=True)
class _Prepared:
    """One build, made ready: what its shell works off, its job, and the texts that its shell evaluates."""

    spec: Buildspec
    job: Job
    folder: Path
    source: Path
    texts: tuple[str, ...]
    keys: Keys


class BuildAction:
    """Checks the commit out, runs the buildspec, keeps its artifacts. Arguments as `RunAction`'s; `log_limit` bytes of its own words,
    `cache_limit` bytes of each repository's caches.
    """

    def __init__(
        self,
        executor: Executor,
        sources: Sources,
        secrets: Secrets,
        artifacts: Artifacts,
        store: Store,
        logs: LogOpener,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        log_limit: int,
        cache_limit: int,
        execution_url: Callable[[str], str],
        repository_url: Callable[[Repository], str],
    ) -> None:
        self._executor = executor
        self._trees = WorkTrees(work_dir, sources)
        self._secrets = secrets
        self._caching = Caching(store, artifacts, clock, cache_limit)
        self._handover = Handover(artifacts, sources)
        self._store = store
        self._words = Words(logs, log_limit)
        self._clock = clock
        self._timeout = timeout
        self._execution_url = execution_url
        self._repository_url = repository_url
        self._current: dict[str, str] = {}

    async def perform(self, context: ActionContext) -> ActionOutcome:
        """Builds are found again by their names, so a life that begins in the middle of retries goes on there."""
        began = self._clock.now()
        earlier: list[Results] = []
        try:
            for attempt in range(MOST_RETRIES + 1):
                outcome = await self._build(context, attempt, began, earlier)
                if outcome is not None:
                    break
            assert outcome is not None  # noqa: S101  a build that may not be retried has an outcome
            return replace(outcome, started_at=began if attempt else outcome.started_at)
        finally:
            self._current.pop(context.job, None)

    def folder(self, job: str) -> Path:
        """Of the build that came last."""
        made = [folder for build in _builds(job) if (folder := self._trees.folder(build)).exists()]
        return made[-1] if made else self._trees.folder(job)

    async def abandon(self, job: str) -> None:
        await self._executor.kill(self._current.get(job, job))

    async def forget(self, job: str) -> None:
        for build in _builds(job):
            if build == job or self._trees.folder(build).exists():
                await self._executor.forget(f"{build}/cache-key")
                await self._executor.forget(build)
                self._trees.remove_later(build)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._trees.sweep([build for job in keep for build in _builds(job)])

    async def close(self) -> None:
        await self._trees.close()

    async def _build(
        self, context: ActionContext, attempt: int, began: float, earlier: list[Results]
    ) -> ActionOutcome | None:
        """One build to its end; None when it is to be done again, from the beginning (ONF-4). `earlier` takes its results then."""
        name = _build_name(context.job, attempt)
        self._current[context.job] = name
        try:
            prepared = await self._prepare(context, name, attempt)
        except SpecInvalid as invalid:
            self._words.tell(context.job, [str(problem) for problem in invalid.problems] or [str(invalid)])
            return ActionOutcome(ActionStatus.FAILED, began, str(invalid), ErrorCode.CONFIGURATION)
        except (NotStored, UserRefused, Unresolved, SealBroken, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        result = await self._executor.run(prepared.job)
        ended = await asyncio.to_thread(
            read_ended, prepared.folder / "build", prepared.texts, prepared.spec.env.exported
        )
        status, why, summary = verdict(prepared.job, result)
        if result.end is not JobEnd.EXITED:
            return told(result).outcome(status, summary, why)
        reports = await self._reports(context, prepared, ended)
        if ended.again:
            earlier.append(Results(reports))
            words = (
                f"This build is done again, for the {_ordinal(attempt + 1)} time of {prepared.spec.retries} at most."
            )
            self._words.tell(context.job, [words], prepared.job.secrets)
            return None
        outcome = await self._finish(context, prepared, ended, told(result), summary)
        if not reports:
            return outcome
        results = await keep(self._store, context, reports, earlier, self._clock.now())
        return replace(outcome, results=summed_up(results))

    async def _reports(self, context: ActionContext, prepared: _Prepared, ended: Ended) -> tuple[ReportGroup, ...]:
        """AFT-1: whenever a phase has run."""
        if not prepared.spec.reports or not ended.phases:
            return ()
        groups = evaluated_reports(prepared.spec, context, prepared.source, ended.texts)
        reports = await asyncio.to_thread(read_reports, groups, prepared.source, prepared.job.secrets)
        problems = [f"Report {report.group}: {words}" for report in reports for words in report.problems]
        if problems:
            self._words.tell(context.job, problems, prepared.job.secrets)
        return reports

    async def _prepare(self, context: ActionContext, name: str, attempt: int) -> _Prepared:
        work = context.action.work
        assert isinstance(work, Build)  # noqa: S101  the runner chose this type by the work's kind
        wanted = tree_of(context.execution, context.pipeline)
        folder = await self._trees.prepare(name, wanted)
        await self._handover.bring(context, folder)
        source = next(iter(places(context, folder).values()))
        reading = await asyncio.to_thread(load, work.buildspec, source)
        assert reading.buildspec is not None  # noqa: S101  `load` raises for what can't be read
        env: dict[str, str] = {}
        spec = reading.buildspec
        if is_inline(work.buildspec):
            spec = with_references(spec, resolver(context.pipeline, context.execution), env)
        check(spec)
        spec = with_users(spec)
        texts = texts_of(spec, context)
        driver = Driver(spec, attempt, [*notes(spec), *reading.warnings], texts)
        urls = self._execution_url(context.execution.id), self._repository_url(context.execution.lane.repository)
        secrets = opened(self._secrets, context)
        env, hidden = whole(context, spec, name, folder, secrets, self._clock.now(), urls, env)
        env["PENSTOCK_BUILD"] = str(folder / "build")
        timeout = context.action.timeout or self._timeout
        job = Job(name, driver.script(), source, env, context.job, timeout, hidden, output=folder / "output")
        keys = Keys("") if spec.cache is None else await self._keys(context, spec.cache, job, folder)
        if not (folder / "build").exists():  # an earlier life's build is found again as it is
            if spec.cache is not None:
                tell = self._words.teller(context.job, hidden)
                await self._caching.restore(context, spec.cache, keys, folder, tell)
            await asyncio.to_thread(let_in, spec, folder, list(places(context, folder).values()))
            await asyncio.to_thread(_write_driver, driver, folder)
        return _Prepared(spec, job, folder, source, texts, keys)

    async def _keys(self, context: ActionContext, cache: Cache, job: Job, folder: Path) -> Keys:
        """CAC-3: what the build's own shell makes of them, in a job of its own where there is anything to evaluate."""
        texts = (cache.key, *cache.fallback_keys)
        if not any("$" in text or "`" in text for text in texts):
            return Keys(cache.key, cache.fallback_keys)
        place = folder / "keys"
        await asyncio.to_thread(write_texts, texts, place)
        name = f"{job.id}/cache-key"
        self._current[context.job] = name
        evaluation = replace(
            job, id=name, script=evaluation_script(), env={**job.env, "PENSTOCK_BUILD": str(place)}, output=None
        )
        await self._executor.run(evaluation)
        self._current[context.job] = job.id
        key, *fallback = (value.strip() for value in read_values(place, texts))
        return Keys(key, tuple(fallback))

    async def _finish(
        self, context: ActionContext, prepared: _Prepared, ended: Ended, end: Told, summary: str
    ) -> ActionOutcome:
        """Section 6: artifacts are due after a failed BUILD, too; what is exported is a successful build's alone (AFT-5)."""
        succeeded = end.exit_status == 0
        failed = end.outcome(ActionStatus.FAILED, _masked(ended.message or summary, prepared.job), ErrorCode.JOB_FAILED)
        if not artifacts_due(prepared.spec, ended):
            return failed
        try:
            roots, warnings = await asyncio.to_thread(
                make_artifacts, prepared.spec, context, prepared.folder, prepared.source, ended.texts
            )
            kept = await self._handover.keep_from(context, roots)
            self._tell_upload(context, prepared, [*warnings, "Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED"])
            outputs = _outputs(prepared.job, ended) if succeeded else {}
        except (ArtifactError, OutputsInvalid) as error:
            self._tell_upload(context, prepared, ["Phase complete: UPLOAD_ARTIFACTS State: FAILED", str(error)])
            words = f"UPLOAD_ARTIFACTS: {error}" if isinstance(error, ArtifactError) else str(error)
            return end.outcome(ActionStatus.FAILED, words, ErrorCode.CONFIGURATION) if succeeded else failed
        if not succeeded:
            return replace(failed, artifacts=kept)
        if prepared.spec.cache is not None:
            tell = self._words.teller(context.job, prepared.job.secrets)
            await self._caching.save(context, prepared.spec.cache, prepared.keys, prepared.folder, tell)
        outputs = masked(outputs, prepared.job.secrets)
        return replace(end.outcome(ActionStatus.SUCCEEDED), outputs=outputs, artifacts=kept)

    def _tell_upload(self, context: ActionContext, prepared: _Prepared, lines: Sequence[str]) -> None:
        if context.action.outputs:
            self._words.tell(context.job, ["Entering phase UPLOAD_ARTIFACTS", *lines], prepared.job.secrets)


def _build_name(job: str, attempt: int) -> str:
    return f"{job}/retry-{attempt}" if attempt else job


def _builds(job: str) -> list[str]:
    return [_build_name(job, attempt) for attempt in range(MOST_RETRIES + 1)]


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def _write_driver(driver: Driver, folder: Path) -> None:
    """Whole or not at all: what a life left half written is written anew."""
    shutil.rmtree(folder / "build.new", ignore_errors=True)
    driver.write(folder / "build.new")
    (folder / "build.new").rename(folder / "build")


def _masked(text: str, job: Job) -> str:
    return masked({"": text}, job.secrets)[""]


def _outputs(job: Job, ended: Ended) -> Mapping[str, str]:
    """What the build exports, and the lines it wrote as a `run` action does. Raises OutputsInvalid."""
    written = read_outputs(job.output) if job.output is not None and job.output.exists() else {}
    outputs = {**written, **{name: text for name, text in ended.variables.items() if not name.startswith("AWS_")}}
    if sum(len(name) + len(text.encode()) for name, text in outputs.items()) > LIMIT:
        raise OutputsInvalid(
            f"OutputVariablesSizeExceeded: its output variables are larger than {LIMIT} bytes in total"
        )
    return outputs
