"""A thread to comment on."""

from bot.model.host_event import Thread, ThreadKind
from tests.providers.github.conftest import Scene

MARKER = "<!-- penstock:pipeline:web -->"


async def a_thread(scene: Scene) -> Thread:
    await scene.github.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    pull = await scene.github.open_pull_request(scene.web, "fix", scene.ada, "Fix")
    return Thread(ThreadKind.PULL_REQUEST, str(pull.number))
