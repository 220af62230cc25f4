"""The facts behind `/status`, `/why` and `/help`: gathered here, put into words by `bot.messages`."""

from collections.abc import Sequence

from bot.commands.command import Help, Place, Question, Why
from bot.commands.help import help_text
from bot.messages.answers import status_answer, why_answer
from bot.model.execution import Execution, LaneKey
from bot.model.host_event import CommentRef, ThreadKind
from bot.model.intake import Intake
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, RefKind
from bot.model.waiting import Hold
from bot.ports import Clock, ExecutionFilter, HostLimits, Store
from bot.runtime.engine import Engine


class Answers:
    """Answers questions about what a comment's thread is about."""

    def __init__(self, store: Store, engine: Engine, clock: Clock, url: str) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._url = url

    async def answer(
        self, question: Question, comment: CommentRef, lanes: Sequence[LaneKey], limits: HostLimits
    ) -> str:
        if isinstance(question, Help):
            return help_text(limits.command_prefix)
        intake = await self._intake(comment, lanes)
        if isinstance(question, Why):
            others = await self._others(comment, intake)
            return why_answer(intake, self._clock.now(), limits, others)
        shown, held = await self._shown(lanes), await self._held(lanes)
        return status_answer(shown, held, intake, self._url, self._clock.now(), limits)

    async def _shown(self, lanes: Sequence[LaneKey]) -> list[tuple[Execution, Pipeline]]:
        """What goes on in each lane, else what came last."""
        shown = []
        for lane in lanes:
            state = await self._engine.lane(lane)
            going = [e for e in state.executions.values() if not e.status.ended]
            shown += [(e, state.definitions[e.definition]) for e in going]
            if not going:
                which = ExecutionFilter.of_lane(lane)
                last = await self._store.executions(which, 1)
                found = await self._engine.execution(last[0].id) if last else None
                shown += [found] if found else []
        return shown

    async def _held(self, lanes: Sequence[LaneKey]) -> list[tuple[Place, Hold]]:
        """The stages that let nobody in, whether anything waits for them or not."""
        found = []
        for lane in lanes:
            slots = (await self._engine.lane(lane)).slots
            found += [(Place(lane.pipeline, stage), slot.hold) for stage, slot in slots.items() if slot.hold]
        return found

    async def _intake(self, comment: CommentRef, lanes: Sequence[LaneKey]) -> Intake | None:
        """What the last event on the thread's ref came to; of a commit, its own, else the last on the ref where a pipeline ran for it."""
        if comment.thread.kind is ThreadKind.PULL_REQUEST:
            return await self._store.intake(comment.repository, Ref(RefKind.PULL_REQUEST, comment.thread.name))
        own = await self._store.intakes_of(comment.repository, comment.thread.name)
        if own:
            return own[0]
        if lanes:
            return await self._store.intake(comment.repository, lanes[0].ref)
        branch = await self._store.default_branch(comment.repository)
        return await self._store.intake(comment.repository, Ref(RefKind.BRANCH, branch)) if branch else None

    async def _others(self, comment: CommentRef, told: Intake | None) -> Sequence[Intake]:
        """A commit may have been pushed to several refs: a branch, a tag, a pull request."""
        if comment.thread.kind is ThreadKind.PULL_REQUEST:
            return ()
        return [each for each in await self._store.intakes_of(comment.repository, comment.thread.name) if each != told]
