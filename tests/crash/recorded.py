"""What people do on the embedded host in the stories of this folder, done once with real Git, and every delivery that came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from providers.local.webhooks import EVENT
from tests.world.local_host import Clone, ListeningHost, listening_host

THREE_STAGES = """
stages:
  - {name: build, actions: [{name: unit, run: make test}, {name: lint, run: make lint}]}
  - {name: staging, actions: [{name: rehearse, run: make rehearse}]}
  - name: production
    actions:
      - {name: go-live, approve: {}}
      - {name: roll-out, run_order: 2, run: make deploy}
"""
RETRIED = """
outdated: finish
stages:
  - {name: build, actions: [{name: unit, run: make test}], on_failure: {result: retry}}
  - {name: production, actions: [{name: roll-out, run: make deploy}], on_failure: {result: retry}}
"""
NOT_RETRIED = RETRIED.replace(", on_failure: {result: retry}", "")
CHAIN = """
name: build
triggers: {push: {branches: [main]}, schedule: ["0 3 1 1 *"]}
stages: [{name: build, actions: [{name: unit, run: make, namespace: made}]}]
---
name: deploy
triggers: {pipelines: [build]}
stages: [{name: production, actions: [{name: ship, run: "ship #{source.CommitId}"}]}]
"""
GUARDED = """
triggers: {push: {branches: [main]}}
stages:
  - name: production
    before_entry: {rules: [{name: ready, run: make ready}, {name: hours, window: "* * * * *"}]}
    on_failure: rollback
    actions: [{name: roll-out, run: "make deploy '#{source.CommitMessage}'"}]
"""
SOURCED = """
triggers: {push: {branches: [main]}}
stages:
  - name: build
    actions:
      - {name: own, source: {type: git, repository: acme/sourced, branch: next}}
      - {name: unit, run_order: 2, run: make, inputs: [own]}
"""
ASKED = "stages: [{name: production, actions: [{name: go-live, approve: {}}]}]\n"

Sent = tuple[dict[str, str], bytes]


@dataclass(frozen=True)
class Recording:
    """The host's folder as it is afterwards, and what it sent: by repository, then by the name of what was done."""

    folder: Path
    sent: Mapping[str, Mapping[str, Sent]]


class Recorder:
    """One host with a repository for each story. `done` takes what has just been sent for one deed."""

    def __init__(self, listening: ListeningHost) -> None:
        self._listening = listening
        self._token = ""
        self.sent: dict[str, dict[str, Sent]] = {}

    async def record(self) -> None:
        self._token = await self._listening.host.add_user("ada")
        await self._pull_request("acme/three", THREE_STAGES, {"approve": "/approve production looks good"})
        stop = {"stop": "/stop abandon enough", "retry": "/retry"}
        await self._pull_request("acme/retried", RETRIED, stop)
        await self._pull_request("acme/plain", NOT_RETRIED, {})
        commands = {
            "nowhere": "/approve nowhere",
            "status": "/status",
            "nothing": "/retry",
            "reject": "/reject too early",
            "rerun": "/rerun",
            "twice": "/approve production\n/stop",
            "approve": "/approve production",
        }
        await self._pull_request("acme/asked", ASKED, commands)
        await self._pushes("acme/lane", RETRIED)
        await self._pushes("acme/chain", CHAIN)
        await self._pushes("acme/guarded", GUARDED)
        await self._sourced("acme/sourced", SOURCED)

    async def _pull_request(self, name: str, pipeline: str, comments: Mapping[str, str]) -> None:
        clone = await self._repository(name)
        await clone.git("checkout", "--quiet", "-b", "change")
        await clone.commit({".pipeline.yml": pipeline}, "Change it")
        await clone.git("push", "--quiet", "-o", "pull_request", "origin", "change")
        await self._done(name, "push", "opened")
        for label, text in comments.items():
            thread = Thread(ThreadKind.PULL_REQUEST, "1")
            await self._listening.host.comment(name, thread, text, by="ada")
            await self._done(name, label)

    async def _pushes(self, name: str, pipeline: str) -> None:
        clone = await self._repository(name)
        for number in ("1", "2", "3"):
            await clone.commit({".pipeline.yml": f"{pipeline}# {number}\n"}, f"Change {number}")
            await clone.git("push", "--quiet", "origin", "main")
            await self._done(name, number)

    async def _sourced(self, name: str, pipeline: str) -> None:
        """A branch with the pipeline, and another one that is its further source."""
        clone = await self._repository(name)
        await clone.commit({".pipeline.yml": pipeline}, "Begin with a source")
        await clone.git("push", "--quiet", "origin", "main")
        await self._done(name, "main")
        await clone.git("checkout", "--quiet", "-b", "next")
        await clone.commit({"change.txt": "change"}, "Change the source")
        await clone.git("push", "--quiet", "origin", "next")
        await self._done(name, "next")

    async def _repository(self, name: str) -> Clone:
        await self._listening.host.create_repository(name, members={"ada": Role.ADMIN})
        clone = await self._listening.seeded(name, "ada", self._token)
        await self._listening.host.sender.settled()
        self._listening.receiver.taken.clear()
        return clone

    async def _done(self, name: str, *labels: str) -> None:
        await self._listening.host.sender.settled()
        taken = self._listening.receiver.taken
        assert len(taken) == len(labels), [headers[EVENT] for headers, _ in taken]
        self.sent.setdefault(name, {}).update(zip(labels, taken, strict=True))
        taken.clear()


async def record(folder: Path) -> Recording:
    async with listening_host(folder) as listening:
        recorder = Recorder(listening)
        await recorder.record()
    return Recording(folder / "data", recorder.sent)
