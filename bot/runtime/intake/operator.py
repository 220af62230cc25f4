"""Orders of whoever operates the bot, over its API: about one execution, with the words that a comment would have.

They are routed like commands and are the same events, so they are obeyed and refused alike. Whoever gives one has shown
the bot's own token and is nobody on a host: so they are recorded as the operator, have an administrator's role, and can't
answer for people and teams that an approval names.
"""

from dataclasses import dataclass

from bot.commands.addressed import Live
from bot.commands.command import Hold, Order, Release, Rollback
from bot.commands.route import route
from bot.commands.table import BY_NAME
from bot.core.owners import look_now
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import Execution
from bot.model.people import Person, Role
from bot.model.pipeline import Pipeline
from bot.ports import Clock, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.gates import Gates
from bot.runtime.intake.orders import Ordered, event_of
from bot.runtime.outbox import Outbox
from bot.runtime.rollbacks import Rollbacks

OPERATOR = Person("penstock-operator", "penstock:operator")

ORDERS = ("approve", "reject", "retry", "stop", "rollback", "hold", "release", "continue", "override")
"""What can be ordered: the names of commands that are about something that runs or has run."""


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The execution as it is afterwards, None when there is none of that id; and why the order was refused, if it was."""

    execution: Execution | None
    refusal: Refusal | None = None


class Operator:
    """Obeys orders about executions."""

    def __init__(
        self, store: Store, engine: Engine, outbox: Outbox, gates: Gates, rollbacks: Rollbacks, clock: Clock
    ) -> None:
        self._store = store
        self._engine = engine
        self._outbox = outbox
        self._gates = gates
        self._rollbacks = rollbacks
        self._clock = clock

    async def obey(self, name: str, execution: str, words: str, key: str) -> Obeyed:
        """`name` is one of `ORDERS`, `words` what a comment would have behind it. The same `key` is obeyed once (RUN-6)."""
        found = await self._engine.execution(execution)
        if found is None:
            return Obeyed(None)
        lane = found[0].lane
        identity = f"operator:{key}"
        refusal = None
        if not await self._store.told(lane, identity):
            refusal = await self._order(name, *found, " ".join(words.split()), identity)
        after = await self._engine.execution(execution)
        return Obeyed(after[0] if after else None, refusal)

    async def _order(
        self, name: str, execution: Execution, pipeline: Pipeline, words: str, identity: str
    ) -> Refusal | None:
        entry = BY_NAME[name]
        command = entry.read(words)
        if command is None:
            return Refusal(RefusalReason.BAD_ARGUMENTS, {"command": name, "usage": entry.typed})
        if isinstance(command, Hold | Release):
            return await self._gates.tell(command, identity, None, OPERATOR, [execution.lane])
        assert isinstance(command, Order)  # noqa: S101  ORDERS names no question
        live = [Live(pipeline, execution)] if isinstance(command, Rollback) else await self._live(execution)
        routed = route(command, live)
        if isinstance(routed, Refusal):
            return routed
        [addressed] = routed
        if isinstance(addressed.command, Rollback):
            stage, target = addressed.command.place.stage, addressed.command.execution
            return await self._rollbacks.ask(execution.lane, stage, target, identity, OPERATOR, None)
        principals = _roles(live[0].pipeline)
        ordered = Ordered(identity, self._clock.now(), OPERATOR, Role.ADMIN, principals=principals)
        decision = await self._engine.tell(execution.lane, event_of(addressed.command, execution.id, ordered))
        refusal = decision.refusal if decision else None
        if refusal is not None and refusal.reason is RefusalReason.OWNERS_UNKNOWN:
            self._outbox.order(await self._store.enqueue([look_now(live[0].execution, refusal.details["action"])]))
        return refusal

    async def _live(self, execution: Execution) -> list[Live]:
        """What has ended for good can't be ordered about any more; its stages can be rolled back, and held."""
        state = await self._engine.lane(execution.lane)
        now = state.executions.get(execution.id)
        return [Live(state.definitions[now.definition], now)] if now else []


def _roles(pipeline: Pipeline) -> tuple[str, ...]:
    """The entries of `by:` lists that name roles: an administrator's includes the others."""
    actions = (action for stage in pipeline.stages for action in stage.actions if action.approval)
    return tuple(
        entry for action in actions if action.approval for entry in action.approval.by if entry.startswith("role:")
    )
