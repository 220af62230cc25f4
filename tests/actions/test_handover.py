"""Inputs on their way to an action, where the bot is killed over one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Self, cast

import pytest

from bot.actions.artifacts import Handover
from bot.model.artifact import Artifact
from bot.ports import ActionContext, Artifacts, Sources
from bot.sources import removal


class Killed(Exception):
    """Where a killed bot comes no further."""


class Unpacking:
    """Unpacks two files, and is killed after the first as long as `mortal`."""

    mortal = True

    def in_region(self, _region: str) -> Self:
        return self

    async def unpack(self, _space: str, _artifact: str, root: Path) -> None:
        root.mkdir(parents=True)
        (root / "first").touch()
        if self.mortal:
            raise Killed
        (root / "second").touch()


async def test_an_input_that_was_cut_off_half_way_is_not_taken_for_made(tmp_path: Path) -> None:
    run = SimpleNamespace(inputs={"dist": Artifact("space", "id", 2, 0, 0)})
    execution = SimpleNamespace(stage_run=lambda _: SimpleNamespace(action=lambda _: run))
    named = SimpleNamespace(name="any", region="", inputs=("dist",))
    context = cast("ActionContext", SimpleNamespace(execution=execution, action=named, stage=named))
    artifacts = Unpacking()
    handover = Handover(cast("Artifacts", artifacts), cast("Sources", removal))
    with pytest.raises(Killed):
        await handover.bring(context, tmp_path)
    artifacts.mortal = False
    await handover.bring(context, tmp_path)
    assert sorted(path.name for path in (tmp_path / "inputs/dist").iterdir()) == ["first", "second"]
