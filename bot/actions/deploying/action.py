"""The `deploy` action: by the form that the file has, one of several does its work."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from bot.ports import ActionContext, ActionOutcome, ActionType


class DeployForm(ActionType, Protocol):
    """`changed` is told an execution whose deployment goes on: live pages hear of it."""

    changed: Callable[[str], None]


class DeployAction:
    """`forms` by the type of their work in the model, such as `bot.model.pipeline.Deploy`."""

    def __init__(self, forms: Mapping[type, DeployForm]) -> None:
        self._forms = forms

    def tell_changes_to(self, changed: Callable[[str], None]) -> None:
        for form in self._forms.values():
            form.changed = changed

    async def perform(self, context: ActionContext) -> ActionOutcome:
        return await self._forms[type(context.action.work)].perform(context)

    async def abandon(self, job: str) -> None:
        await asyncio.gather(*(form.abandon(job) for form in self._forms.values()))

    async def forget(self, job: str) -> None:
        for form in self._forms.values():
            await form.forget(job)

    async def sweep(self, keep: Collection[str]) -> None:
        for form in self._forms.values():
            await form.sweep(keep)
