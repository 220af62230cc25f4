"""Finds the owners of what a revision changes, for approvals by code owners. What a CODEOWNERS file says: `bot.owners`.

The file is read where the change is to go, never from the change itself: of a pull request on the branch that it is to be merged
into, of everything else on the default branch, at the newest commit. A host that is down is asked again by the outbox, without end.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.core.effects import FindOwners
from bot.core.events import OwnersFound
from bot.messages import owners as words
from bot.model.execution import ActionStatus, Execution
from bot.model.owners import Owners
from bot.model.pipeline import Checkout
from bot.model.repository import Ref, RefKind, Repository
from bot.owners import UnprovableOwners, grammar_of, groups, places, read
from bot.ports import Clock, CommitUnavailable, HostRefused, Provider, Sources, Store
from bot.runtime.engine import Engine

LARGEST = 3 << 20
"""Bytes, as GitHub has it:
https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners#codeowners-file-size
"""

REMARKS_KEPT = 10


class _Unknown(Exception):
    """The owners can't be known as things are. The text says why, and what mends it."""


class OwnerFinder:
    def __init__(
        self, store: Store, engine: Engine, sources: Sources, providers: Mapping[str, Provider], clock: Clock
    ) -> None:
        self._store = store
        self._engine = engine
        self._sources = sources
        self._providers = providers
        self._clock = clock

    async def find(self, effect: FindOwners, key: str) -> bool:
        """Tell the lane what was found, settling the effect with it. Raises HostUnavailable."""
        execution = await self._waiting(effect)
        if execution is None:
            return False  # it was answered, ended or begun anew since
        try:
            owners = await self._look(execution, effect.stage)
        except _Unknown as unknown:
            owners = Owners(problem=str(unknown))
        except (CommitUnavailable, HostRefused) as error:
            owners = Owners(problem=words.not_found(error))
        return await self._tell(execution, effect, key, owners)

    async def give_up(self, effect: FindOwners, key: str, error: Exception) -> None:
        """It fails again and again, by a fault of ours: that is told, and it is looked for more rarely."""
        execution = await self._waiting(effect)
        if execution is not None:
            problem = words.not_found(Exception(type(error).__name__))
            await self._tell(execution, effect, key, Owners(problem=problem))

    async def _tell(self, execution: Execution, effect: FindOwners, key: str, owners: Owners) -> bool:
        event = OwnersFound(
            id=f"{key}:{effect.looks}",
            at=self._clock.now(),
            execution=effect.execution,
            stage=effect.stage,
            action=effect.action,
            attempt=effect.attempt,
            owners=replace(owners, looks=effect.looks),
        )
        await self._engine.tell(execution.lane, event, (key,))
        return True

    async def _waiting(self, effect: FindOwners) -> Execution | None:
        found = await self._engine.execution(effect.execution)
        if found is None or found[0].status.ended or found[0].waiting or found[0].current.name != effect.stage:
            return None
        run = found[0].current.action(effect.action)
        live = run.attempt == effect.attempt and run.status is ActionStatus.IN_PROGRESS
        return found[0] if live else None

    async def _look(self, execution: Execution, stage: str) -> Owners:
        repository = execution.lane.repository
        default = await self._store.default_branch(repository)
        branch = execution.revision.target_branch or default
        head = await self._providers[repository.provider].head(repository, branch) if branch else None
        if head is None:
            raise _Unknown(words.no_branch(branch))
        text = await self._file(repository, branch, head)
        paths = await self._changed(execution, stage, default, head)
        # In a thread: a file made to be slow to read costs nobody else's time.
        return await asyncio.to_thread(_owners, text, repository.provider, paths)

    async def _file(self, repository: Repository, branch: str, head: str) -> str:
        wanted = places(repository.provider)
        await self._sources.fetch(repository, [head], Checkout())
        files = await self._sources.files(repository, head, wanted)
        path = next((each for each in wanted if each in files), None)
        if path is None:
            raise _Unknown(words.no_file(wanted, branch))
        if len(files[path]) > LARGEST:
            raise _Unknown(words.too_large(path, LARGEST))
        return files[path].decode("utf-8", "replace")

    async def _changed(self, execution: Execution, stage: str, default: str, head: str) -> tuple[str, ...]:
        """Of a pull request all that it changes; of anything else what the stage has not had yet.

        Where nothing has succeeded in the stage, that is all by which a branch differs from the default branch, and of the default
        branch itself, and of a tag, all there is.
        """
        repository, revision = execution.lane.repository, execution.revision
        if not revision.target_branch:
            last = await self._last_success(execution, stage)
            if last:
                try:
                    return await self._sources.changed_paths(repository, last, revision.commit)
                except CommitUnavailable:
                    pass  # that one was pushed away, so it tells nothing
            if execution.lane.ref == Ref(RefKind.BRANCH, default) or execution.lane.ref.kind is RefKind.TAG:
                nothing = "0" * len(revision.commit)
                return await self._sources.changed_paths(repository, nothing, revision.commit)
        return await self._sources.changed_paths(repository, head, revision.commit, since_fork=True)

    async def _last_success(self, execution: Execution, stage: str) -> str:
        slot = (await self._engine.lane(execution.lane)).slots.get(stage)
        found = await self._engine.execution(slot.last_success) if slot is not None and slot.last_success else None
        return found[0].revision.commit if found is not None else ""


def _owners(text: str, provider: str, paths: tuple[str, ...]) -> Owners:
    rules = read(text, grammar_of(provider))
    remarks = rules.passed_over[:REMARKS_KEPT]
    try:
        return Owners(groups(rules.rules, paths), passed_over=remarks)
    except UnprovableOwners as error:
        return Owners(problem=words.unprovable(error.pattern, error.owners), passed_over=remarks)
