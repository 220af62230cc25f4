"""Invocations, put together: the bot and `penstock run` ask endpoints and run programs alike. What is asked is in `actions`."""

from contextlib import AsyncExitStack
from pathlib import Path

from bot.actions.artifacts import Handover
from bot.actions.invoke.action import InvokeAction
from bot.actions.invoke.endpoint import InvokeEndpoint
from bot.endpoints.outside import Outside
from bot.ports import ActionType, Artifacts, Clock, Secrets, Sources
from bot.settings import ReachSettings


def invoke_action(
    settings: ReachSettings,
    program: ActionType,
    secrets: Secrets,
    artifacts: Artifacts,
    sources: Sources,
    clock: Clock,
    folder: Path,
    stack: AsyncExitStack,
    pipelines: ActionType | None = None,
) -> InvokeAction:
    outside = Outside()
    stack.push_async_callback(outside.close)
    endpoints = {name: url.get_secret_value() for name, url in settings.invoke_endpoints.items()}
    handover = Handover(artifacts, sources)
    return InvokeAction(InvokeEndpoint(outside, endpoints, secrets, handover, clock, folder), program, pipelines)
