"""Starting a pipeline on its home branch for a reason that is no push: at the branch's newest commit, as that commit defines it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import Trigger
from bot.model.pipeline import Pipeline
from bot.ports import CommitUnavailable, HostRefused, Provider, Sources, Store
from bot.runtime.homes import Home
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.revisions import at_head
from bot.runtime.intake.starter import Start, Starter, execution_id


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why it starts, and with what. `cause` identifies it for ever: the same cause never starts twice."""

    cause: str
    trigger: Trigger
    variables: Mapping[str, str] = field(default_factory=dict)
    source_revisions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """The execution's id, and why it was refused, if it was. `new` is false when the same cause had started it before."""

    execution: str
    refusal: Refusal | None = None
    new: bool = True


class AtHome:
    """Looks the newest commit up, and starts."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        definitions: DefinitionReader,
        providers: Mapping[str, Provider],
        starter: Starter,
    ) -> None:
        self._store = store
        self._sources = sources
        self._definitions = definitions
        self._providers = providers
        self._starter = starter

    async def start(self, home: Home, occasion: Occasion) -> Begun:
        """Raises HostUnavailable. Whoever pushed the commit answers for what it defines."""
        repository, name = home.repository, home.pipeline.name
        execution = execution_id(occasion.cause)
        if await self._store.execution(execution) is not None:
            return Begun(execution, new=False)
        try:
            head = await self._providers[repository.provider].head(repository, home.branch)
            if head is None:
                return Begun(execution, _nothing(f"there is no branch {home.branch}"))
            definitions = await self._definitions.at(repository, head)
        except (HostRefused, CommitUnavailable) as error:
            return Begun(execution, _nothing(str(error)))
        pipeline = next((each for each in definitions.pipelines if each.name == name), None)
        if pipeline is None:
            broken = any(name in names for names in definitions.broken.values())
            reason = "the pipeline file has errors" if broken else f"{home.branch} has no pipeline {name} any more"
            return Begun(execution, _nothing(reason))
        revision = await at_head(self._store, self._sources, repository, home.branch, head)
        start = Start(
            cause=occasion.cause,
            repository=repository,
            pipeline=pipeline,
            revision=revision,
            trigger=occasion.trigger,
            beside=definitions.pipelines,
            variables=occasion.variables,
            source_revisions=_known(pipeline, occasion.source_revisions),
        )
        return Begun(execution, await self._starter.start(start))


def _nothing(reason: str) -> Refusal:
    return Refusal(RefusalReason.NO_PIPELINE, {"reason": reason})


def _known(pipeline: Pipeline, wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Of the revisions that are asked for, those of actions that are there."""
    names = {action.name for stage in pipeline.stages for action in stage.actions}
    return {name: revision for name, revision in wanted.items() if name in names}
