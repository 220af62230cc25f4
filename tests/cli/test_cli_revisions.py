"""`penstock put-revision` against a bot that really runs: with its token, by the names that people use, and kind when it is refused."""

import json
from pathlib import Path

from bot.ports import ExecutionFilter
from tests.cli.running import bot
from tests.cli.shell import Program

PIPELINE = """\
name: web
triggers: {push: {branches: [main]}}
stages:
  - name: build
    actions:
      - {name: own, source: {type: git, repository: ada/web, detect_changes: false}}
      - {name: use, run_order: 2, run: test -e .pipeline.yml, inputs: [own]}
"""


async def test_a_revision_is_told(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path, PIPELINE) as running:
        where = {"PENSTOCK_DATA_DIR": str(tmp_path / "data")}
        with running.changes.listen() as listener:
            while not (found := await running.store.executions(ExecutionFilter(), 1))[0].status.ended:
                await listener.changed()
        assert found[0].status == "Succeeded", found[0].summary
        url = ("--url", running.url)
        again = await program("put-revision", "ada/web", "web", "own", running.commit, *url, **where)
        assert again.status == 0, again.err
        assert f"It has had that revision before: {running.url}/executions/{running.execution}" in again.out
        told = await program("put-revision", "ada/web", "web", "build/own", running.commit, "--json", *url, **where)
        assert json.loads(told.out)["new_revision"] is False
        wrong = await program("put-revision", "ada/web", "web", "onw", running.commit, *url, **where)
        assert (wrong.status, "it has build/own" in wrong.err) == (1, True)
        stranger = await program("put-revision", "ada/web", "web", "own", "x", *url, PENSTOCK_DATA_DIR=str(tmp_path))
        assert (stranger.status, "answered 401" in stranger.err) == (2, True)
