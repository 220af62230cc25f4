"""What an action's log remarks about lines of files, read once the action has ended and kept beside its execution."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bot.actions.artifacts import places
from bot.core.artifacts import SOURCE
from bot.matchers import annotations_of
from bot.model.annotation import Annotation, AnnotationsRecord
from bot.ports import ActionContext, ActionOutcome, ActionType, Logs, Store

LINES = 20_000
"""The last lines of a log that are looked through; the log's own port says how long they may be."""


class WithWorkTree(ActionType, Protocol):
    """An action whose log may speak of files."""

    def folder(self, job: str) -> Path:
        """Where the attempt's work tree and inputs are, until the job is forgotten."""


class Annotating:
    """Performs actions, and reads their logs."""

    def __init__(self, inner: WithWorkTree, store: Store, logs: Logs) -> None:
        self._inner = inner
        self._store = store
        self._logs = logs

    async def perform(self, context: ActionContext) -> ActionOutcome:
        outcome = await self._inner.perform(context)
        if outcome.exit_status is None:
            return outcome  # nothing has run to its end
        found = await self._read(context)
        if not found:
            return outcome
        record = AnnotationsRecord(
            context.execution.id, context.stage.name, context.action.name, context.attempt, found
        )
        await self._store.keep_annotations(record)
        return replace(outcome, annotations=len(found))

    async def abandon(self, job: str) -> None:
        await self._inner.abandon(job)

    async def forget(self, job: str) -> None:
        await self._inner.forget(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._inner.sweep(keep)

    async def _read(self, context: ActionContext) -> tuple[Annotation, ...]:
        text = await self._logs.tail(context.job, LINES)
        if not text:
            return ()
        inputs = places(context, self._inner.folder(context.job))
        start = next(iter(inputs.values()))
        root = inputs.get(SOURCE, start)
        return await asyncio.to_thread(
            annotations_of, text, str(root), str(start), lambda path: (root / path).is_file()
        )
