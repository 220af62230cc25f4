"""What all forms of deployments have in common, seen with one that does nothing else: how errors end an action, and who is told to stop."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.actions.deploying import Attempt, DeployForm, Refusal, RevisionInvalid, going_back
from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.attempts import Attempts
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.revision import Revisions
from bot.logs.files import LogFiles
from bot.model.deployment import Bundle, Creator, Deployment, DeploymentError, DeploymentStatus
from bot.model.deployment_wait import LetGo, WaitType
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.object_deployment import ObjectDeploy
from bot.model.people import Person
from bot.model.pipeline import Deploy
from bot.ports import ActionContext, ActionOutcome, CommitUnavailable, HostUnavailable
from tests.deploying.conftest import Site

PIPELINE = 'stages: [{name: prod, actions: [{name: go, deploy: {objects: nowhere}}, {name: run, run: "true", run_order: 2}]}]\n'


class Full(Exception):
    """The form's own."""


class SixthForm:
    refusals: Mapping[type[Exception], Refusal] = {Full: Refusal(ErrorCode.PERMISSION, "QUOTA")}

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.at_work = asyncio.Event()
        self.over = asyncio.Event()
        self.stopped: list[str] = []

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        attempt.line("deploying")
        attempt.changed()
        self.at_work.set()
        if self.error is not None:
            raise self.error
        await self.over.wait()
        return ActionOutcome(ActionStatus.FAILED, attempt.began, "stopped")

    async def stop(self, job: str) -> None:
        self.stopped.append(job)
        self.over.set()


class Forms:
    """Two forms in one action, and an execution whose action `go` is of the one."""

    def __init__(self, site: Site, context: ActionContext) -> None:
        world = site.world
        self.own, self.other = SixthForm(), SixthForm()
        self.logs = LogFiles(world.folder / "logs-of-forms")
        forms: Mapping[type, DeployForm] = {ObjectDeploy: self.own, Deploy: self.other}
        attempts = Attempts(world.store, self.logs, world.clock, 1 << 20)
        revisions = Revisions(world.folder / "of-forms", world.sources, world.artifacts)
        self.action = DeployAction(forms, attempts, revisions)
        self.context = context

    async def log(self) -> list[str]:
        return (await self.logs.tail(self.context.job, 100)).splitlines()


@pytest.fixture
async def forms(site: Site) -> Forms:
    push = await (await site.world.repo(PIPELINE)).push()
    found = await site.world.store.execution((await push.execution()).id)
    assert found is not None
    execution, pipeline = found
    stage = pipeline.stages[0]
    return Forms(site, ActionContext(execution, pipeline, stage, stage.action("go"), 1))


@pytest.mark.parametrize(
    ("error", "code", "summary", "lines"),
    [
        (Full("no room"), ErrorCode.PERMISSION, "QUOTA: no room", ["no room"]),
        (
            RevisionInvalid([f"{number}." for number in range(7)]),
            ErrorCode.CONFIGURATION,
            "INVALID_REVISION: 0. 1. 2. 3. 4. And 2 more: the log has all.",
            [f"{number}." for number in range(7)],
        ),
        (CommitUnavailable("it is gone"), ErrorCode.REVISION_UNAVAILABLE, "it is gone", ["it is gone"]),
    ],
)
async def test_an_error_that_a_user_can_mend_ends_the_action_and_is_in_its_log(
    forms: Forms, error: Exception, code: ErrorCode, summary: str, lines: list[str]
) -> None:
    forms.own.error = error
    outcome = await forms.action.perform(forms.context)
    assert (outcome.status, outcome.error, outcome.summary) == (ActionStatus.FAILED, code, summary)
    assert await forms.log() == ["deploying", *lines]


@pytest.mark.parametrize(
    ("error", "lines"),
    [(HostUnavailable("it is down"), ["it is down: it is tried again."]), (ValueError("ours"), [])],
)
async def test_an_error_of_ours_is_tried_again(forms: Forms, error: Exception, lines: list[str]) -> None:
    forms.own.error = error
    with pytest.raises(type(error)):
        await forms.action.perform(forms.context)
    assert await forms.log() == ["deploying", *lines]
    forms.own.error = Full("now")
    assert (await forms.action.perform(forms.context)).summary == "QUOTA: now", "its log can be opened again"


async def test_only_the_form_of_a_job_is_told_to_stop(forms: Forms) -> None:
    changes: list[str] = []
    forms.action.tell_changes_to(changes.append)
    performing = asyncio.create_task(forms.action.perform(forms.context))
    await forms.own.at_work.wait()
    await forms.action.abandon(forms.context.job)
    assert (await performing).summary == "stopped"
    await forms.action.abandon(forms.context.job)  # of one that waits, or that an earlier life has left
    execution = forms.context.execution.id
    for job in (f"{execution}/prod/run/1", "e-unknown/prod/go/1"):
        await forms.action.abandon(job)
    assert forms.own.stopped == [forms.context.job] * 2
    assert forms.other.stopped == []
    assert changes == [execution]


def test_rlb_1_going_back_is_a_deployment_of_its_own_with_nothing_of_how_the_failed_one_went(forms: Forms) -> None:
    """Also in a life that begins it after another had only just told the failed one of it."""
    failed = Deployment(
        "d-1",
        "g",
        forms.context.execution.id,
        "prod",
        "go",
        1,
        Bundle("bad", ""),
        1.0,
        status=DeploymentStatus.FAILED,
        error=DeploymentError.TIMEOUT,
        message="late",
        ended_at=2.0,
        rolled_back_by=deployment_id(forms.context.job, rollback=True),
        let_go=(LetGo(WaitType.READY, Person("ada"), 1.5),),
    )
    good = replace(failed, id="d-0", bundle=Bundle("good", ""))
    back = going_back.begun(forms.context, failed, good, 3.0)
    assert (back.id, back.rollback_of, back.creator) == (failed.rolled_back_by, "d-1", Creator.ROLLBACK)
    assert (back.bundle, back.created_at, back.status) == (good.bundle, 3.0, DeploymentStatus.IN_PROGRESS)
    assert (back.error, back.message, back.ended_at, back.rolled_back_by, back.let_go) == (None, "", None, "", ())
