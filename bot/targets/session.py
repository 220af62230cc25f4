"""One target at work: orders to the agent and its answers, over whatever carries bytes (`local`, `ssh`)."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.model.appspec import LONGEST_EVENT, LifecycleEvent
from bot.model.deployment import EventRun, TargetStatus
from bot.ports import BundleFolder, TargetLost, Whose

LONGEST_LINE = 64 << 20
"""Of an answer: which of a bundle's files are missing is one line."""

SLACK = 60.0
"""Seconds beyond an event's hour in which the agent says itself that it is over (SCR-8)."""

CHUNK = 1 << 18


class Channel(Protocol):
    """Bytes to the agent and lines from it. Raises TargetLost when it is gone."""

    async def write(self, data: bytes) -> None: ...

    async def line(self) -> bytes: ...

    async def close(self) -> None: ...


class AgentSession:
    """`near`: the target is this machine, and takes the bundle from where it is. `directory` is put before every destination."""

    def __init__(
        self, channel: Channel, deployment: str, directory: str, tell: Callable[[str], None], *, near: bool
    ) -> None:
        self._channel = channel
        self._deployment = deployment
        self._directory = directory
        self._tell = tell
        self._near = near

    async def hello(self, state: str, place: Sequence[str], wait: float = 0.0) -> None:
        """Raises TargetLost where the target is not to be worked on, or others are at work at that place for longer than `wait` seconds."""
        answer = await self.order({"do": "hello", "state": state, "place": list(place), "wait": wait})
        if answer["end"] != "Succeeded":
            raise TargetLost(str(answer["message"]))
        if answer["system"] != "Linux":
            raise TargetLost(f"it runs {answer['system']}, and deployments are to Linux")

    async def download(self, bundle: BundleFolder, spec: Mapping[str, Any]) -> EventRun:
        entries = [[e.path, e.kind, e.mode, e.modified, e.size, e.detail] for e in bundle.entries]
        order = {"do": "download", "entries": entries, "spec": spec, "source": str(bundle.root) if self._near else ""}
        return _run(LifecycleEvent.DOWNLOAD_BUNDLE, await self.order(order, bundle))

    async def reuse(self, earlier: str, spec: Mapping[str, Any]) -> EventRun:
        return _run(LifecycleEvent.DOWNLOAD_BUNDLE, await self.order({"do": "reuse", "from": earlier, "spec": spec}))

    async def install(self) -> EventRun:
        return _run(LifecycleEvent.INSTALL, await self.order({"do": "install"}))

    async def hooks(self, event: LifecycleEvent, env: Mapping[str, str], whose: Whose = "") -> EventRun:
        order = {"do": "event", "event": event.value, "env": dict(env), "whose": whose}
        return _run(event, await self.order(order))

    async def close(self) -> None:
        await self._channel.close()

    async def order(self, order: Mapping[str, Any], bundle: BundleFolder | None = None) -> Mapping[str, Any]:
        """The agent's answer at the end of it. Raises TargetLost."""
        whole = {**order, "deployment": self._deployment, "directory": self._directory}
        try:
            async with asyncio.timeout(LONGEST_EVENT + SLACK):
                await self._channel.write(json.dumps(whole).encode("utf-8", "surrogateescape") + b"\n")
                while True:
                    answer = await self._answer()
                    if "log" in answer:
                        self._tell(str(answer["log"]))
                    elif "need" in answer and bundle is not None:
                        await self._send(bundle, answer["need"])
                    elif "end" in answer:
                        return answer
        except TimeoutError:
            raise TargetLost("it has not answered for an hour") from None

    async def _answer(self) -> Mapping[str, Any]:
        line = await self._channel.line()
        try:
            answer = json.loads(line)
        except ValueError:
            raise TargetLost(f"it answered what is no answer: {line[:200].decode(errors='replace').strip()}") from None
        return answer if isinstance(answer, dict) else {}

    async def _send(self, bundle: BundleFolder, numbers: Sequence[int]) -> None:
        for number in numbers:
            entry = bundle.entries[number]
            left = entry.size
            with await asyncio.to_thread((bundle.root / entry.path).open, "rb") as file:
                while left:
                    data = await asyncio.to_thread(file.read, min(CHUNK, left))
                    if not data:
                        raise TargetLost(f"the bundle changed while it was sent: {entry.path}")
                    left -= len(data)
                    await self._channel.write(data)


def _run(event: LifecycleEvent, answer: Mapping[str, Any]) -> EventRun:
    return EventRun(
        event,
        TargetStatus(answer["end"]),
        float(answer.get("took", 0.0)),
        str(answer.get("code", "")),
        str(answer.get("script", "")),
        str(answer.get("message", "")),
        str(answer.get("tail", "")),
    )
