"""One object seen to the end of its rollout: every change that it tells of, and between them a look at its pods."""

import asyncio
from collections.abc import Callable

import structlog

from bot.actions.deploying.cluster.pods import explained, pods_of
from bot.core.deployments.rollouts import Progress, progress
from bot.model.cluster_deployment import ObjectRef
from bot.ports import ClusterSession, ObjectRefused

log = structlog.get_logger(__name__)

LOOK = 2.0
"""Seconds between two looks at pods, or at an object that may not be watched."""


class RolloutFailed(Exception):
    """An object does not get ready. The text says why, to a user."""


class Waiting:
    """`tell` takes how far it is whenever that changes."""

    def __init__(self, session: ClusterSession, ref: ObjectRef, tell: Callable[[str], None]) -> None:
        self._session = session
        self._ref = ref
        self._tell = tell
        self._told = ""
        self._blind = False

    async def over(self) -> str:
        """How it ended well. Raises RolloutFailed, ClusterLost."""
        following = asyncio.create_task(self._follow())
        looking = asyncio.create_task(self._look())
        try:
            done, _ = await asyncio.wait((following, looking), return_when=asyncio.FIRST_COMPLETED)
            if looking in done and not following.done():
                looking.result()  # raises: it never ends otherwise
            return await following
        finally:
            for task in (following, looking):
                task.cancel()
            await asyncio.gather(following, looking, return_exceptions=True)

    async def _follow(self) -> str:
        while True:
            body = await self._session.get(self._ref)
            if (words := self._judged(body)) is not None:
                return words
            assert body is not None  # noqa: S101  judged
            try:
                async for state in self._session.watch(self._ref, body["metadata"]["resourceVersion"]):
                    if (words := self._judged(state)) is not None:
                        return words
            except ObjectRefused as refused:
                log.info("not watched", object=str(self._ref), error=str(refused))
                await asyncio.sleep(LOOK)

    def _judged(self, body: dict[str, object] | None) -> str | None:
        """How it ended; None: not yet. Raises RolloutFailed."""
        if body is None:
            raise RolloutFailed("it was deleted while it was waited for")
        found: Progress = progress(body)
        if found.failed:
            raise RolloutFailed(found.words)
        if found.done:
            return found.words
        self._say(found.words)
        return None

    async def _look(self) -> None:
        """To the first pod that no waiting brings to life: RolloutFailed."""
        while True:
            try:
                body = await self._session.get(self._ref)
                pods = await pods_of(self._session, body) if body is not None else []
                hopeless, words = await explained(self._session, self._ref, pods)
            except ObjectRefused as refused:
                if not self._blind:
                    self._say(f"its pods can't be looked at: {refused}")
                self._blind = True
            else:
                if hopeless is not None:
                    raise RolloutFailed(f"{hopeless}{f': {words}' if words else ''}")
                if words:
                    self._say(words)
            await asyncio.sleep(LOOK)

    def _say(self, words: str) -> None:
        if words and words != self._told:
            self._told = words
            self._tell(words)
