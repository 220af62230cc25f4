"""What `penstock run` tells as it goes, where no run has to be made for it."""

from dataclasses import replace

import pytest

from bot.cli.progress import progress
from bot.model.outage import Outage
from tests.world.builders import built


def test_what_keeps_an_action_from_going_on_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    one = built("build: unit=running")
    (build,) = one.execution.stages
    (unit,) = build.actions
    outage = Outage("registry.example.test", "does not answer", 1.0)
    held = one.changed(stages=(replace(build, actions=(replace(unit, outage=outage),)),)).execution
    shown = progress(one.pipeline, as_json=False)
    for execution in (one.execution, held, held, one.execution):
        shown.changed(execution)
    assert " ".join(capsys.readouterr().out.split()) == (
        "▶ build/unit … build/unit waits for registry.example.test, which does not answer: it is tried again until it works"
    )
