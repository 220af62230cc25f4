"""`penstock approve` and its siblings: a bot that runs is ordered about, obeys and refuses as for comments, and says who it was."""

import asyncio
import json
from pathlib import Path

import aiohttp

from bot.ports import ExecutionFilter
from bot.security.keys import OPERATOR_TOKEN
from tests.cli.running import Running, bot
from tests.cli.shell import Ended, Program
from tests.world.patience import PATIENCE

PIPELINE = """\
name: web
triggers: {push: {branches: [main]}}
stages:
  - name: production
    actions:
      - {name: go-live, approve: {}}
      - {name: named, approve: {by: ["user:ada"]}}
      - {name: fail, run_order: 2, run: "exit 3"}
"""


class Orders:
    def __init__(self, program: Program, running: Running, folder: Path) -> None:
        self._program = program
        self.running = running
        self._data = str(folder / "data")

    async def __call__(self, name: str, *words: str, data: str = "", which: str = "") -> Ended:
        """`which` is meant; without it the whole id is given."""
        where = ("--url", self.running.url)
        return await self._program(
            name, which or self.running.execution, *words, *where, PENSTOCK_DATA_DIR=data or self._data
        )


async def test_an_execution_is_ordered_about(program: Program, tmp_path: Path) -> None:
    """RET-9: an order is answered with the execution as it is then, its id among the rest."""
    async with bot(tmp_path, PIPELINE) as running:
        order = Orders(program, running, tmp_path)
        several = await order("approve")
        assert (several.status, "More than one approval waits" in several.err) == (1, True)
        others = await order("approve", "production/named")
        assert (others.status, "can be answered by ada only" in others.err) == (1, True)

        done = await order("approve", "production/go-live", "looks", "good", "--json")
        assert done.status == 0, done.err
        [answer] = json.loads(done.out)["stages"][0]["actions"][0]["answers"]
        assert (answer["by"]["login"], answer["words"]) == ("penstock-operator", "looks good")

        late = await order("approve", "production/go-live", which="web")
        assert late.status == 1
        assert json.loads((await order("retry", "--json")).out)["reason"] == "nothing_to_retry"
        held = await order("hold", "production", "a", "quiet", "week")
        assert held.status == 0, held.err
        assert (await order("release", "production")).status == 0
        nowhere = await order("hold", "staging")
        assert (nowhere.status, "There is no staging" in nowhere.err) == (1, True)
        stopped = await order("stop", "abandon", "enough", which=running.execution[:6])
        assert (stopped.status, "web #1 is Stopped" in stopped.out) == (0, True)
        found = await running.store.execution(running.execution)
        assert found is not None
        assert found[0].summary == "stopped by penstock-operator: enough"
        again = json.loads((await order("retry", "--json")).out)
        assert (again["id"], again["status"]) == (running.execution, "InProgress")


async def test_a_stage_is_rolled_back_and_a_condition_overridden(program: Program, tmp_path: Path) -> None:
    pipeline = """\
name: web
triggers: {push: {branches: [main]}}
stages:
  - {name: build, actions: [{name: unit, run: "true"}]}
  - name: production
    before_entry: {result: fail, rules: [{name: never, check: "1 == 2"}]}
    actions: [{name: go-live, approve: {}}]
"""
    async with bot(tmp_path, pipeline) as running:
        order = Orders(program, running, tmp_path)
        with running.changes.listen(running.execution) as listener:
            async with asyncio.timeout(PATIENCE):
                while (found := await running.store.execution(running.execution)) and not found[0].status.ended:
                    await listener.changed()
        done = await order("override", "production", "we", "know", "--json")
        assert done.status == 0, done.err + done.out
        assert json.loads(done.out)["status"] == "InProgress"
        assert (await order("approve", "production")).status == 0
        back = await order("rollback", "build", "7")
        assert (back.status, "7" in back.err) == (1, True), back
        done = await order("rollback", "build", "1")
        assert done.status == 0, done.err
        executions = await running.store.executions(ExecutionFilter(), 10)
        rolled = [one for one in executions if str(one.type) == "ROLLBACK"]
        assert [one.trigger.by and one.trigger.by.login for one in rolled] == ["penstock-operator"]


async def test_without_the_token_nothing_is_ordered(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path, PIPELINE) as running:
        order = Orders(program, running, tmp_path)
        elsewhere = await order("stop", data=str(tmp_path / "elsewhere"))
        assert (elsewhere.status, "PENSTOCK_PAGE_TOKEN" in elsewhere.err) == (2, True)
        token = (tmp_path / "data" / OPERATOR_TOKEN).read_text().strip()
        url = f"{running.url}/api/executions/{running.execution}"
        good = {"Authorization": f"Bearer {token}"}
        cases = [
            ("stop", {}, {"words": ""}, 401),
            ("stop", {"Authorization": "Bearer x"}, {"words": ""}, 401),
            ("stop", {"Authorization": "Bearer "}, {"words": ""}, 401),
            ("explode", good, {"words": ""}, 404),
            ("rerun", good, {"words": ""}, 404),
            ("stop", good, {"words": 7}, 400),
            ("stop", good, ["words"], 400),
            ("stop", good, {"words": "x" * 3000}, 400),
            ("stop", {**good, "Idempotency-Key": "?"}, {"words": ""}, 400),
            ("hold", good, {"words": ""}, 400),
        ]
        async with aiohttp.ClientSession() as client:
            for name, headers, body, status in cases:
                async with client.post(f"{url}/{name}", json=body, headers=headers) as answer:
                    assert answer.status == status, (name, headers, body)
                    assert (await answer.json())["error"]
            form = {**good, "Content-Type": "text/plain"}
            async with client.post(f"{url}/stop", data='{"words": ""}', headers=form) as answer:
                assert answer.status == 400, "what a form of another site could send is nothing"
            async with client.post(f"{running.url}/api/executions/nothing/stop", json={}, headers=good) as answer:
                assert answer.status == 404
        found = await running.store.execution(running.execution)
        assert found is not None
        assert str(found[0].status) == "InProgress"


async def test_the_same_order_sent_again_is_obeyed_once(tmp_path: Path) -> None:
    """RUN-6: the key names the order."""
    async with bot(tmp_path, PIPELINE) as running:
        token = (tmp_path / "data" / OPERATOR_TOKEN).read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
        url = f"{running.url}/api/executions/{running.execution}/approve"
        async with aiohttp.ClientSession() as client:
            for _ in range(2):
                async with client.post(url, json={"words": "production/go-live"}, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()
                    actions = (await answer.json())["stages"][0]["actions"]
                    assert len(actions[0]["answers"]) == 1
