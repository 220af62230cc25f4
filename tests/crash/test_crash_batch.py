"""A batch of builds whose bot is killed in the middle of it: nothing of it goes on, and what succeeded before counts."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from tests.crash.served import Served, all_ended, told

PIPELINE = """\
triggers: {{push: {{branches: [main]}}}}
stages:
  - name: build
    actions:
      - {{name: unit, build: {{batch: true, combine_artifacts: true}}, outputs: built}}
      - {{name: pack, run_order: 2, inputs: [built], run: 'cat page-* > {folder}/packed'}}
"""

SPEC = """\
version: 0.2
batch:
  build-graph:
    - {{identifier: lib, env: {{variables: {{NAME: lib}}}}}}
    - {{identifier: app, depend-on: [lib], env: {{variables: {{NAME: app}}}}}}
phases:
  build:
    commands:
      - echo $NAME >> {folder}/begun
      - |
        if [ $NAME = app ] && [ ! -e {folder}/again ]; then
          setsid sh -c 'trap "" TERM; sleep 300' &
          echo > {folder}/told
          sleep 300
        fi
      - echo $NAME > page-$NAME
artifacts: {{files: page-*}}
"""


async def test_a_batch_that_was_killed_in_the_middle_builds_again_what_had_not_succeeded(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """BAT-8: `lib` had succeeded, `app` ran. The combined artifact has both."""
    os.mkfifo(tmp_path / "told")
    bot = serve()
    clone = await bot.settle_in()
    await bot.start()
    files = {".pipeline.yml": PIPELINE.format(folder=tmp_path), "buildspec.yml": SPEC.format(folder=tmp_path)}
    await clone.commit(files, "Build in a batch")
    assert await bot.push(clone, "main")
    await asyncio.to_thread((tmp_path / "told").read_text)
    await bot.kill()
    await bot.nothing_left()

    await bot.start()
    [one] = await bot.until(all_ended)
    assert told(one) == "Failed: unit Failed, pack NotStarted"
    assert one["stages"][0]["actions"][0]["error"] == "Interrupted"
    assert (tmp_path / "begun").read_text().split() == ["lib", "app"], "it was not begun a second time by itself"

    (tmp_path / "again").touch()
    status, output, errors = await bot.type("retry", one["id"], "build", "--url", bot.url)
    assert (status, errors) == (0, ""), output
    await bot.until(lambda found: told(found[0]) == "Succeeded: unit Succeeded, pack Succeeded")
    assert (tmp_path / "begun").read_text().split() == ["lib", "app", "app"]
    assert (tmp_path / "packed").read_text().split() == ["app", "lib"]
    assert await bot.stop() == 0
    await bot.nothing_left()
