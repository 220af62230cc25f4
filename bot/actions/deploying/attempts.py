"""Attempts as forms are given them: with an open log, and with who is to hear of progress."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from bot.actions.deploying import Attempt, Line
from bot.actions.deploying.log import LogOpener
from bot.ports import ActionContext, Clock, Store


class Attempts:
    """`log_limit` bytes of each log. `changed` is told an execution whose deployment goes on: live pages hear of it."""

    def __init__(self, store: Store, logs: LogOpener, clock: Clock, log_limit: int) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._log_limit = log_limit
        self.changed: Callable[[str], None] = lambda _: None

    @contextmanager
    def at(self, context: ActionContext) -> Iterator[Attempt]:
        """One that is performed. Its log is open meanwhile."""
        with self._log(context.job) as line:
            yield self._attempt(context, line)

    @contextmanager
    def left(self, context: ActionContext) -> Iterator[Attempt]:
        """One that nobody performs any more, and that is to be cleared up. Its log may be open all the same, for whoever waits for a turn; they say
        themselves what becomes of it.
        """
        with ExitStack() as stack:
            line: Line = lambda _: None  # noqa: E731  a default for what follows
            with suppress(ValueError):
                line = stack.enter_context(self._log(context.job))
            yield self._attempt(context, line)

    async def context(self, execution: str, stage: str, action: str, attempt: int) -> ActionContext | None:
        """None for what is no longer known."""
        found = await self._store.execution(execution)
        if found is None:
            return None
        known, pipeline = found
        place = pipeline.stage(stage)
        return ActionContext(known, pipeline, place, place.action(action), attempt)

    @contextmanager
    def _log(self, job: str) -> Iterator[Line]:
        """Raises ValueError for one that is open."""
        log = self._logs.open(job, self._log_limit, ())
        try:
            yield lambda words: log.write(f"{words}\n".encode(errors="backslashreplace"))
        finally:
            log.close()

    def _attempt(self, context: ActionContext, line: Line) -> Attempt:
        began = context.again.since if context.again else self._clock.now()
        return Attempt(context, began, line, lambda: self.changed(context.execution.id))
