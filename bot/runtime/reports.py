"""Reports: an execution's statuses and its pull request's comment, brought up to date on the host. The words are `bot.messages`'.

Only the newest state is sent, only what differs from what was sent before, and only for the newest execution of its commit
(statuses) or of its pull request (comment): an older one no longer writes there. A change from outside tells a commit's
statuses only where the pipeline has not run for it otherwise (`Store.teller`), and its comment in any case.
"""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence

from bot.core.deployments.lifecycle import deploys
from bot.core.effects import Report, ReportHeld, ReportInvalid, ReportNotStarted, job_id
from bot.core.letting_go import waiting_in
from bot.locks import Locks
from bot.messages.batches import batches_going_on
from bot.messages.checks import invalid_check, pipeline_check, plain_check, subject_of
from bot.messages.comment import comment_text
from bot.messages.host_deployments import deployments_of
from bot.messages.invalid import invalid_comment, invalid_status, mended_comment
from bot.messages.not_started import not_started_comment, not_started_status
from bot.messages.outside import held_comment, held_status
from bot.messages.statuses import pipeline_context, statuses
from bot.model.annotation import Annotation
from bot.model.batch import BatchRun
from bot.model.check import CheckRun
from bot.model.deployment import Deployment
from bot.model.deployment_wait import WaitType
from bot.model.execution import ActionStatus, Execution
from bot.model.host_event import Thread
from bot.model.pipeline import Pipeline
from bot.model.repository import Repository
from bot.model.status import CommitStatus
from bot.ports import Clock, ExecutionFilter, Logs, Provider, Reported, Store
from bot.runtime.checks import CheckReports
from bot.runtime.engine import Engine
from bot.runtime.host_deployments import DeploymentReports
from bot.runtime.questions import Questions
from bot.runtime.reported import all_of, check_key, comment_key, context_key, digest_of, status_key

TAIL_LINES = 20
SETTLE = 0.25
"""Seconds for which a state that asks nothing of anybody is held back, so that a still newer one is sent in its place."""


class Reporter:
    """Performs `Report` and `ReportInvalid`. `targets` are those of notifications, by name."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        providers: Mapping[str, Provider],
        questions: Questions,
        logs: Logs,
        clock: Clock,
        url: str,
        targets: Collection[str],
        settle: float = SETTLE,
    ) -> None:
        self._store = store
        self._engine = engine
        self._providers = providers
        self._questions = questions
        self._logs = logs
        self._clock = clock
        self._url = url
        self._targets = targets
        self._settle = settle
        self._checks = CheckReports(store)
        self._deployments = DeploymentReports(store)
        self._turns: Locks[str] = Locks()

    def hold_back(self, effect: Report) -> float:
        """An end, or a wait for a person, is told at once; progress may wait a moment."""
        execution = self._engine.known(effect.execution)
        return 0.0 if execution is None or execution.status.ended or _asks(execution) else self._settle

    async def report(self, effect: Report, _key: str) -> bool:
        found = await self._engine.execution(effect.execution)
        if found is None:
            return False
        execution, pipeline = found
        deployments = await self._deployments_of(execution, pipeline)
        await all_of(
            self._report_statuses(execution, pipeline, deployments),
            self._report_comment(execution, pipeline, deployments),
            self._report_deployments(execution, pipeline),
        )
        return False

    async def report_invalid(self, effect: ReportInvalid, _key: str) -> bool:
        repository, thread = effect.repository, effect.thread
        provider = self._providers[repository.provider]
        url = provider.page_url(repository, thread, effect.commit)
        work: list[Awaitable[None]] = []
        if effect.problems:
            told = invalid_status(repository, effect.commit, effect.pipeline, effect.problems, url, provider.limits)
            work.append(self._tell(provider, invalid_check(told, effect, url, provider.limits)))
        if thread is not None:
            work.append(self._complain(provider, thread, effect))
        await all_of(*work)
        return False

    async def report_not_started(self, effect: ReportNotStarted, _key: str) -> bool:
        repository, thread = effect.repository, effect.thread
        provider = self._providers[repository.provider]
        url = provider.page_url(repository, commit=effect.commit)
        told = not_started_status(effect, url, provider.limits)
        work: list[Awaitable[None]] = []
        if not effect.outside or not await self._store.teller(repository, effect.pipeline, effect.commit):
            work.append(self._tell(provider, plain_check(told, "")))
        if thread is not None:
            body = not_started_comment(effect, url, provider.limits)
            work.append(self._put_comment(provider, repository, thread, f"{effect.pipeline}:not-started", body))
        await all_of(*work)
        return False

    async def report_held(self, effect: ReportHeld, _key: str) -> bool:
        repository, thread = effect.repository, effect.thread
        provider = self._providers[repository.provider]
        url = provider.page_url(repository, commit=effect.commit)
        work: list[Awaitable[None]] = []
        if effect.allowed_by is None and effect.readable:
            told = held_status(effect, url, provider.limits)
            if not await self._store.teller(repository, effect.pipeline, effect.commit):
                work.append(self._tell(provider, plain_check(told, "")))
        body = held_comment(effect, url, provider.limits)
        work.append(self._put_comment(provider, repository, thread, f"{effect.pipeline}:outside", body))
        await all_of(*work)
        return False

    async def _report_statuses(
        self, execution: Execution, pipeline: Pipeline, deployments: Sequence[Deployment]
    ) -> None:
        repository, commit = execution.lane.repository, execution.revision.commit
        own = pipeline_context(pipeline.name)
        contexts = [own, *(f"{own}/{stage.name}" for stage in pipeline.stages)]
        keys = {context_key(repository, commit, context): context for context in contexts}
        provider = self._providers[repository.provider]
        if provider.checks is not None:
            keys |= {check_key(key): context for key, context in keys.items()}
        # One after another: what has just been overtaken must not arrive last.
        async with self._turns[context_key(repository, commit, own)]:
            teller, before = await asyncio.gather(
                self._store.teller(repository, pipeline.name, commit), self._store.reported(list(keys))
            )
            if teller == execution.id:
                carried = {keys[key] for key in before}
                going_on = () if provider.limits.ends_to_retell else deployments
                told = statuses(execution, pipeline, self._url, self._clock.now(), provider.limits, carried, going_on)
                await all_of(
                    self._send_statuses(provider, told, before),
                    self._send_checks(provider, await self._checks_of(provider, told, execution, pipeline), before),
                )

    async def _checks_of(
        self, provider: Provider, told: Sequence[CommitStatus], execution: Execution, pipeline: Pipeline
    ) -> Sequence[CheckRun]:
        """The pipeline's own, and in place of statuses the stages', too."""
        if provider.checks is None:
            return ()
        tails = await self._tails(execution)
        remarks = await self._remarks(execution) if told[0].state.final else {}
        now, limits = self._clock.now(), provider.limits
        found = [one for each in remarks.values() for one in each]
        own = pipeline_check(told[0], execution, pipeline, self._url, now, limits, tails, found)
        stages = told[1:] if provider.checks.instead else ()
        return [own, *(plain_check(status, subject_of(execution)) for status in stages)]

    async def _report_deployments(self, execution: Execution, pipeline: Pipeline) -> None:
        provider = self._providers[execution.lane.repository.provider]
        if provider.deployments is not None:
            told = deployments_of(execution, pipeline, self._url, self._clock.now(), provider.limits)
            await self._deployments.tell(provider.deployments, told)

    async def _tell(self, provider: Provider, check: CheckRun) -> None:
        """A status that stands alone, and its check run."""
        key = status_key(check.status)
        before = await self._store.reported([key, check_key(key)])
        await all_of(
            self._send_statuses(provider, [check.status], before), self._send_checks(provider, [check], before)
        )

    async def _send_checks(self, provider: Provider, told: Sequence[CheckRun], before: Mapping[str, Reported]) -> None:
        if provider.checks is not None:
            await self._checks.tell(provider.checks, told, before)

    async def _send_statuses(
        self, provider: Provider, told: Sequence[CommitStatus], before: Mapping[str, Reported]
    ) -> None:
        """Those that changed; the pipeline's own, which comes first and is what is waited for, before its stages'. None where check
        runs stand in their place.
        """
        if provider.checks is not None and provider.checks.instead:
            return
        keys = {status_key(status): status for status in told}
        fresh = [
            (key, status)
            for key, status in keys.items()
            if key not in before or before[key].digest != digest_of(status.state, status.description, status.url)
        ]
        await all_of(*(self._send_status(provider, key, status) for key, status in fresh[:1]))
        await all_of(*(self._send_status(provider, key, status) for key, status in fresh[1:]))

    async def _send_status(self, provider: Provider, key: str, status: CommitStatus) -> None:
        await provider.set_status(status)
        digest = digest_of(status.state, status.description, status.url)
        await self._store.set_reported({key: Reported(digest)})

    async def _report_comment(
        self, execution: Execution, pipeline: Pipeline, deployments: Sequence[Deployment]
    ) -> None:
        """On the pull request of its lane, only the newest execution's; where else approvals are asked for, each one's own."""
        thread = await self._questions.place(execution, pipeline, ask=_asks(execution))
        if thread is None:
            return
        lane, name = execution.lane, pipeline.name
        if execution.revision.pull_request is None:
            name = f"{pipeline.name}:{execution.id}"
        else:
            newest = await self._store.executions(ExecutionFilter.of_lane(lane), 1)
            if not newest or newest[0].id != execution.id:
                return
        provider = self._providers[lane.repository.provider]
        tails, remarks = await self._tails(execution), await self._remarks(execution, failed=True)
        now, limits = self._clock.now(), provider.limits
        body = comment_text(
            execution,
            pipeline,
            self._url,
            now,
            limits,
            tails,
            name,
            remarks,
            deployments,
            self._targets,
            await self._batches_of(execution, pipeline),
        )
        await self._put_comment(provider, lane.repository, thread, name, body)

    async def _tails(self, execution: Execution) -> Mapping[str, str]:
        """The last lines of what failed."""
        failed = [a for stage in execution.stages for a in stage.actions if a.status is ActionStatus.FAILED and a.log]
        return {action.log: await self._logs.tail(action.log, TAIL_LINES) for action in failed}

    async def _remarks(self, execution: Execution, *, failed: bool = False) -> Mapping[str, Sequence[Annotation]]:
        """What the newest attempts' logs remark, by log key; where only what failed is asked about, most have nothing to look up."""
        runs = [run for stage in execution.stages for run in stage.actions if run.annotations]
        wanted = {run.log for run in runs if run.status is ActionStatus.FAILED or not failed}
        records = await self._store.annotations(execution.id) if wanted else ()
        by_log = {job_id(one.execution, one.stage, one.action, one.attempt): one.annotations for one in records}
        return {key: found for key, found in by_log.items() if key in wanted}

    async def _deployments_of(self, execution: Execution, pipeline: Pipeline) -> Sequence[Deployment]:
        """Of the newest attempts, a rollback behind what it rolls back."""
        if not deploys(pipeline):
            return ()
        newest = {(stage.name, run.name, run.attempt) for stage in execution.stages for run in stage.actions}
        found = await self._store.deployments(execution.id)
        own = [one for one in found if (one.stage, one.action, one.attempt) in newest]
        return sorted(own, key=lambda one: (one.stage, one.action, bool(one.rollback_of)))

    async def _batches_of(self, execution: Execution, pipeline: Pipeline) -> Sequence[BatchRun]:
        """Those that go on; what came of one that has ended its action says."""
        going_on = batches_going_on(execution, pipeline)
        found = await self._store.batches(execution.id) if going_on else ()
        return [one for one in found if one.builds and (one.stage, one.action, one.attempt) in going_on]

    async def _complain(self, provider: Provider, thread: Thread, effect: ReportInvalid) -> None:
        """Tell every problem in the pipeline's comment; or, where problems were told, that they are gone."""
        if effect.problems:
            body = invalid_comment(effect, provider.limits, provider.page_url(effect.repository, commit=effect.commit))
        else:
            key = comment_key(effect.repository, thread, f"{effect.pipeline}:invalid")
            if not await self._store.reported([key]):
                return
            body = mended_comment(effect, provider.limits)
        await self._put_comment(provider, effect.repository, thread, f"{effect.pipeline}:invalid", body)

    async def _put_comment(
        self, provider: Provider, repository: Repository, thread: Thread, name: str, body: str
    ) -> None:
        key = comment_key(repository, thread, name)
        before = (await self._store.reported([key])).get(key)
        digest = digest_of(body)
        if before is not None and before.digest == digest:
            return
        marker = body.partition("\n")[0]
        known = before.remote_id if before else ""
        remote_id = await provider.put_comment(repository, thread, marker, body, known)
        await self._store.set_reported({key: Reported(digest, remote_id)})


def _asks(execution: Execution) -> bool:
    """Whether an approval waits, or a deployment for its traffic: a person is to be told soon."""
    approval = not execution.waiting and any(
        action.deadline is not None and action.status is ActionStatus.IN_PROGRESS
        for action in execution.current.actions
    )
    return approval or any(wait.type is WaitType.READY for _, wait in waiting_in(execution))
