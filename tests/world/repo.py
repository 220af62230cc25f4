"""A story's nouns: a repository, what was pushed to it, a pull request. Their verbs return when the world has settled."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.commands.table import TABLE
from bot.core.events import ActionWaits
from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait, WaitType
from bot.model.execution import Execution
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.people import Person
from bot.model.repository import Repository
from bot.ports import ExecutionFilter, Job
from tests.contracts.host_under_test import SeenComment
from tests.world.host import Files
from tests.world.pipelines import pipeline_file
from tests.world.script import Plan

if TYPE_CHECKING:
    from tests.world.world import World


BARE_COMMAND = re.compile(rf"^/(?=({'|'.join(entry.name for entry in TABLE)})\b)", re.MULTILINE | re.IGNORECASE)


class Repo:
    def __init__(self, world: "World", repository: Repository) -> None:
        self.world = world
        self.repository = repository
        self._definitions: dict[str, str | None] = {}
        self._changes = 0

    def define(self, pipeline: str | Mapping[str, str], **keys: Any) -> None:
        """The pipeline file from the next push on; "" is none."""
        before = dict.fromkeys(self._definitions)
        if isinstance(pipeline, str):
            now = {".pipeline.yml": pipeline_file(pipeline, **keys)} if pipeline else {}
        else:
            now = {f".pipelines/{name}.yml": pipeline_file(text, **keys) for name, text in pipeline.items()}
        self._definitions = {**before, **now}

    def action(self, name: str) -> "ScriptedAction":
        """What the jobs of that action do."""
        return ScriptedAction(self.world, name)

    async def push(
        self,
        message: str = "Say hello",
        *,
        branch: str = "main",
        files: Files | None = None,
        by: Person | None = None,
        force: bool = False,
    ) -> "Push":
        """A commit with the pipeline file, and with `files` or, where none are named, with one that is new."""
        self._changes += 1
        changed = {f"change-{self._changes}.txt": "hello\n"} if files is None else files
        host = self.world.host
        commit = await host.push(
            self.repository, branch, {**self._definitions, **changed}, message, by or self.world.ada, force=force
        )
        return await self._pushed(commit)

    async def push_tag(self, tag: str) -> "Push":
        return await self._pushed(await self.world.host.push_tag(self.repository, tag, self.world.ada))

    async def delete_branch(self, branch: str) -> None:
        await self.world.host.delete_branch(self.repository, branch, self.world.ada)
        await self.world.settled()

    async def open_pull_request(
        self,
        message: str = "Say hello",
        *,
        branch: str = "hello",
        by: Person | None = None,
        files: Files | None = None,
        draft: bool = False,
    ) -> "PullRequest":
        """Push a branch and ask to merge it."""
        by = by or self.world.ada
        head = await self.push(message, branch=branch, by=by, files=files)
        number = await self.world.host.open_pull_request(self.repository, branch, message, by, draft=draft)
        await self.world.settled()
        return PullRequest(self, number, branch, by, head)

    async def open_pull_request_from_fork(self, *, by: Person) -> "PullRequest":
        """For hosts that have forks."""
        branch, message = "from-outside", "Help from outside"
        files = {**self._definitions, "help.txt": "help\n"}
        number, commit = await self.world.host.open_pull_request_from_fork(self.repository, branch, files, message, by)
        return PullRequest(self, number, branch, by, await self._pushed(commit))

    async def rename(self, name: str) -> None:
        self.repository = await self.world.host.rename(self.repository, name, self.world.ada)
        await self.world.settled()

    async def executions(self, pipeline: str = "") -> list[Execution]:
        """All of the repository, oldest first."""
        known = self.repository
        which = ExecutionFilter(pipeline=pipeline, provider=known.provider, repository_id=known.id)
        return (await self.world.store.executions(which, 100))[::-1]

    async def _pushed(self, commit: str) -> "Push":
        self.world.commits.setdefault(commit, f"<commit {len(self.world.commits) + 1}>")
        await self.world.settled()
        return Push(self, commit)


class Discussed:
    """What people comment on: a commit or a pull request."""

    def __init__(self, repo: Repo, thread: Thread) -> None:
        self.repo = repo
        self.world = repo.world
        self.thread = thread

    async def comment(self, text: str, by: Person | None = None) -> CommentRef:
        """By ada, unless it is somebody else. Commands are typed as the host's people are told to type them."""
        prefix = self.world.host.provider.limits.command_prefix
        typed = BARE_COMMAND.sub(prefix, text)
        made = await self.world.host.comment(self.repo.repository, self.thread, typed, by or self.world.ada)
        await self.world.settled()
        return made

    async def comments(self) -> list[SeenComment]:
        return await self.world.host.comments(self.repo.repository, self.thread)

    def ref(self, comment: SeenComment) -> CommentRef:
        return CommentRef(self.repo.repository, self.thread, comment.id)

    async def by_bot(self) -> list[str]:
        """The bot's comments, oldest first, normalised for a snapshot."""
        return [self.world.normal(one.body) for one in await self.comments() if one.by == self.world.host.bot]

    async def answers(self) -> list[str]:
        """What the bot answered in words, without the marks by which it finds its comments again."""
        said = [body for body in await self.by_bot() if body.startswith("<!-- penstock:answer")]
        return [body.partition("\n")[2] for body in said]

    async def reactions(self, comment: CommentRef) -> tuple[str, ...]:
        return next(one.reactions for one in await self.comments() if one.id == comment.id)


class Push(Discussed):
    """A commit that was pushed."""

    def __init__(self, repo: Repo, commit: str) -> None:
        super().__init__(repo, Thread(ThreadKind.COMMIT, commit))
        self.commit = commit

    async def statuses(self) -> dict[str, str]:
        """The commit's contexts with their states, as people see them."""
        found = await self.world.host.statuses(self.repo.repository, self.commit)
        return {name.removeprefix("penstock/"): one.state for name, one in found.items()}

    async def described(self) -> dict[str, str]:
        """The commit's contexts with their descriptions."""
        found = await self.world.host.statuses(self.repo.repository, self.commit)
        return {name.removeprefix("penstock/"): self.world.normal(one.description) for name, one in found.items()}

    async def waits(self, wait: WaitType, stage: str = "prod", action: str = "go") -> None:
        """An action that runs tells, as deployments do, what it waits for, for an hour."""
        execution, now = await self.execution(), self.world.clock.now()
        until, again = DeploymentWait(wait, now + 3600), Continuation(now + 3600, now, now)
        told = ActionWaits(f"{execution.id}:{wait}", now, execution.id, stage, action, 1, again, until)
        await self.world.bot.engine.tell(execution.lane, told)
        await self.world.settled()

    async def executions(self) -> list[Execution]:
        """What ran for the commit, oldest first."""
        return [one for one in await self.repo.executions() if one.revision.commit == self.commit]

    async def execution(self) -> Execution:
        """The newest one for the commit."""
        return (await self.executions())[-1]

    async def status(self) -> str:
        return str((await self.execution()).status)


class PullRequest(Discussed):
    """A pull request; `head` is its newest commit."""

    def __init__(self, repo: Repo, number: int, branch: str, by: Person, head: Push) -> None:
        super().__init__(repo, Thread(ThreadKind.PULL_REQUEST, str(number)))
        self.number = number
        self.branch = branch
        self.by = by
        self.head = head

    async def push(self, message: str = "Say it better", *, files: Files | None = None, force: bool = False) -> Push:
        self.head = await self.repo.push(message, branch=self.branch, by=self.by, files=files, force=force)
        return self.head

    async def status(self) -> str:
        return await self.head.status()

    async def close(self) -> None:
        await self.world.host.close_pull_request(self.repo.repository, self.number, self.by)
        await self.world.settled()

    async def reopen(self) -> None:
        await self.world.host.reopen_pull_request(self.repo.repository, self.number, self.by)
        await self.world.settled()

    async def mark_ready(self) -> None:
        await self.world.host.mark_ready(self.repo.repository, self.number, self.by)
        await self.world.settled()

    async def retarget(self, into: str) -> None:
        await self.world.host.retarget(self.repo.repository, self.number, into, self.by)
        await self.world.settled()

    async def merge(self, by: Person | None = None) -> None:
        await self.world.host.merge(self.repo.repository, self.number, by or self.by)
        await self.world.settled()


class ScriptedAction:
    """The jobs of one action: each of these verbs but `end` says how one further run of it goes."""

    def __init__(self, world: "World", name: str) -> None:
        self._world = world
        self._name = name

    def fails(self, status: int = 1, log: str = "") -> None:
        self._world.script.plan(self._name, Plan(status, log))

    def succeeds(self, log: str = "", **outputs: str) -> None:
        self._world.script.plan(self._name, Plan(0, log, outputs))

    def held(self) -> None:
        """It runs until the story ends it."""
        self._world.script.plan(self._name, Plan(None))

    async def end(self, status: int = 0, log: str = "") -> None:
        self._world.script.end(self._name, status, log)
        await self._world.settled()

    @property
    def jobs(self) -> Sequence[Job]:
        """Its runs so far."""
        return self._world.script.jobs(self._name)

    @property
    def running(self) -> bool:
        return any(self._world.script.holds(job.id) for job in self.jobs)
