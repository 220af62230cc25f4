"""Starting an execution, whatever the reason: its number, whether it may have secrets, what follows it, and the telling of its lane."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.effects import ReportNotStarted
from bot.core.events import StartRequested
from bot.core.refusal import Refusal
from bot.model.execution import LaneKey, Trigger
from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.pipeline import Pipeline
from bot.model.repository import RefKind, Repository
from bot.model.revision import Revision
from bot.ports import Clock, Provider, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.trust import Grants, grants
from bot.runtime.outbox import Outbox

EXECUTION_IDS = uuid.UUID("6f0d5ad6-8f0b-5f5c-9d8e-3a0c6a0f4b52")
"""Execution ids are made from what caused them, so that causing the same again names the same execution."""


def execution_id(cause: str) -> str:
    return str(uuid.uuid5(EXECUTION_IDS, cause))


@dataclass(frozen=True, slots=True)
class Start:
    """What to start. `cause` identifies it for ever: the same cause never starts twice. `beside`: all pipelines of the commit, of
    which its success starts those that wait for it; none where it is to start nothing.

    `outside`: it comes from somebody who may not write, and somebody else has let it run: it gets no secrets.
    """

    cause: str
    repository: Repository
    pipeline: Pipeline
    revision: Revision
    trigger: Trigger
    beside: Sequence[Pipeline] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    comment: CommentRef | None = None
    source_revisions: Mapping[str, str] = field(default_factory=dict)
    outside: bool = False


class Starter:
    """Tells lanes to start."""

    def __init__(
        self, store: Store, providers: Mapping[str, Provider], engine: Engine, outbox: Outbox, clock: Clock
    ) -> None:
        self._store = store
        self._providers = providers
        self._engine = engine
        self._outbox = outbox
        self._clock = clock

    async def start(self, start: Start) -> Refusal | None:
        """Why it was refused; None when it has begun, now or before. Where no comment asked for it, the commit is told."""
        pipeline = start.pipeline
        given = await self._grants(start)
        event = StartRequested(
            id=start.cause,
            at=self._clock.now(),
            execution=execution_id(start.cause),
            number=await self._store.next_number(start.repository, pipeline.name),
            pipeline=pipeline,
            revision=start.revision,
            trigger=start.trigger,
            variables=start.variables,
            source_revisions=start.source_revisions,
            comment=start.comment,
            version=await self._store.version_of(start.repository, pipeline.name, pipeline.digest),
            may_have_secrets=given.secrets,
            may_keep_cache=given.cache,
            outside=start.outside,
            followers=_followers(start),
        )
        lane = LaneKey(start.repository, pipeline.name, start.revision.ref)
        decision = await self._engine.tell(lane, event)
        if decision is None or decision.refusal is None:
            return None
        if start.comment is None:
            await self._tell(start, decision.refusal)
        return decision.refusal

    async def _grants(self, start: Start) -> Grants:
        if start.outside:
            return Grants()
        return await grants(self._providers, start.repository, start.revision, start.pipeline)

    async def _tell(self, start: Start, refusal: Refusal) -> None:
        ref = start.revision.ref
        thread = Thread(ThreadKind.PULL_REQUEST, ref.name) if ref.kind is RefKind.PULL_REQUEST else None
        report = ReportNotStarted(
            start.repository, start.revision.commit, thread, start.pipeline.name, refusal, start.outside
        )
        self._outbox.order(await self._store.enqueue([report]))


def _followers(start: Start) -> tuple[str, ...]:
    return tuple(each.name for each in start.beside if start.pipeline.name in each.triggers.pipelines)
