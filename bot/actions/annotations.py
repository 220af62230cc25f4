"""What an action's log remarks about lines of files, read once the action has ended and kept beside its execution."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bot.actions.artifacts import places
from bot.core.artifacts import SOURCE
from bot.matchers import annotations_of, worst_first
from bot.model.annotation import Annotation, AnnotationsRecord
from bot.ports import ActionContext, ActionOutcome, ActionType, Logs, Store

LINES = 20_000
"""The last lines of a log that are looked through; the log's own port says how long they may be."""


class WithWorkTree(ActionType, Protocol):
    """An action whose logs may speak of files."""

    def folders(self, job: str) -> Mapping[str, Path]:
        """By each log that the attempt has: where the work tree and the inputs that it speaks of are, until the job is forgotten."""


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
        """Builds of a batch may all remark the same: it is told once."""
        found: list[Annotation] = []
        for log, folder in self._inner.folders(context.job).items():
            text = await self._logs.tail(log, LINES)
            if text:
                found += await asyncio.to_thread(_annotations, text, places(context, folder))
        return worst_first(found)


def _annotations(text: str, inputs: Mapping[str, Path]) -> tuple[Annotation, ...]:
    start = next(iter(inputs.values()))
    root = inputs.get(SOURCE, start)
    return annotations_of(text, str(root), str(start), lambda path: (root / path).is_file())
