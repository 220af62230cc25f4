"""Revisions told from outside (PutActionRevision, section 7.6): a source has a new one, and its pipeline starts with it, once."""

import hashlib
from dataclasses import dataclass

from bot.core.sources import revisions
from bot.messages.refusals import refusal_sentence
from bot.model.execution import Execution, LaneKey, Trigger, TriggerKind
from bot.model.pipeline import Action, SourceWork
from bot.model.repository import Ref, RefKind
from bot.ports import ExecutionFilter, Store
from bot.runtime.homes import Home, Homes
from bot.runtime.intake.at_home import AtHome, Occasion


@dataclass(frozen=True, slots=True)
class ToldRevision:
    """As section 7.6 has it. `provider` and `stage` "" where there is only one that is meant."""

    repository: str
    pipeline: str
    action: str
    revision: str
    change: str = ""
    provider: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """`new` is false when the action has had that revision before. `problem` says why nothing came of it; `known`: it is there."""

    new: bool = False
    execution: str = ""
    problem: str = ""
    known: bool = True


class ToldRevisions:
    """Told twice is told once: the execution's id follows from what was told."""

    def __init__(self, store: Store, homes: Homes, at_home: AtHome) -> None:
        self._store = store
        self._homes = homes
        self._at_home = at_home

    async def take(self, told: ToldRevision) -> Taken:
        """Raises HostUnavailable."""
        homes = [home for home in self._homes if _is_meant(home, told)]
        if len(homes) != 1:
            several = f"Several hosts have {told.repository}: name one." if homes else ""
            nothing = f"No home branch of {told.repository} has a pipeline {told.pipeline}."
            return Taken(problem=several or nothing, known=bool(homes))
        [home] = homes
        sources = _sources(home)
        found = next(((stage, each) for stage, each in sources if _is_action(stage, each, told)), None)
        if found is None:
            has = ", ".join(f"{stage}/{each.name}" for stage, each in sources) or "none"
            where = f"{told.stage}/{told.action}" if told.stage else told.action
            return Taken(problem=f"{told.pipeline} has no source action {where}; it has {has}.", known=False)
        return await self._take(home, *found, told)

    async def _take(self, home: Home, stage: str, action: Action, told: ToldRevision) -> Taken:
        last = await self._last(home)
        if last is not None and (action.name, told.revision) in {(name, one.id) for name, one in revisions(last)}:
            return Taken(execution=last.id)
        words = f"{stage}/{action.name} has the revision {told.revision}"
        what = hashlib.sha256(f"{stage}/{action.name}/{told.revision}/{told.change}".encode()).hexdigest()
        repository = home.repository
        cause = f"revision:{repository.provider}:{repository.id}:{home.pipeline.name}:{what}"
        trigger = Trigger(TriggerKind.REVISION, None, words[:1000])
        begun = await self._at_home.start(home, Occasion(cause, trigger, source_revisions={action.name: told.revision}))
        if begun.refusal is not None:
            return Taken(problem=refusal_sentence(begun.refusal))
        if begun.new and await self._store.execution(begun.execution) is None:
            return Taken(problem="It was told before, and its start was refused then: tell it with another change id.")
        return Taken(new=begun.new, execution=begun.execution)

    async def _last(self, home: Home) -> Execution | None:
        lane = LaneKey(home.repository, home.pipeline.name, Ref(RefKind.BRANCH, home.branch))
        found = await self._store.executions(ExecutionFilter.of_lane(lane), 1)
        return found[0] if found else None


def _is_meant(home: Home, told: ToldRevision) -> bool:
    named = (home.repository.full_name, home.pipeline.name) == (told.repository, told.pipeline)
    return named and told.provider in ("", home.repository.provider)


def _sources(home: Home) -> list[tuple[str, Action]]:
    return [
        (stage.name, action)
        for stage in home.pipeline.stages
        for action in stage.actions
        if isinstance(action.work, SourceWork)
    ]


def _is_action(stage: str, action: Action, told: ToldRevision) -> bool:
    return action.name == told.action and told.stage in ("", stage)
