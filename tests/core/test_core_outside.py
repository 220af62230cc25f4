"""What an execution of a change from outside never enters: a table of stages, by what is in them."""

from dataclasses import replace

import pytest

from bot.core.outside import withheld
from bot.model.execution import Execution, LaneKey, Trigger, TriggerKind
from bot.model.pipeline import Action, Approve, Build, Deploy, Invoke, Run, SourceWork, Stage, Use, Work
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from bot.model.source import GitSource
from tests.core.lane import REPOSITORY

REF = Ref(RefKind.PULL_REQUEST, "1")
OUTSIDE = Execution(
    "e1",
    1,
    LaneKey(REPOSITORY, "web", REF),
    "d1",
    Revision("c" * 40, REF),
    Trigger(TriggerKind.PULL_REQUEST),
    (),
    0.0,
    outside=True,
)

TABLE: list[tuple[Work, bool]] = [
    (Run(("true",)), False),
    (Build("build", "buildspec.yml"), False),
    (Build("test", "buildspec.yml"), False),
    (Deploy("appspec.yml"), True),
    (Approve(), True),
    (Invoke("gate"), True),
    (SourceWork(GitSource("acme/docs")), True),
    (Use("plug-in"), True),
]


@pytest.mark.parametrize(("work", "kept"), TABLE, ids=[work.kind for work, _ in TABLE])
def test_a_stage_is_withheld_as_a_whole_when_one_action_is_more_than_a_build(work: Work, kept: bool) -> None:
    stage = Stage("prod", (Action("first", Run(("true",))), Action("second", work, run_order=2)))
    assert bool(withheld(OUTSIDE, stage)) is kept
    assert withheld(replace(OUTSIDE, outside=False), stage) == ""


def test_a_stage_with_an_environment_is_withheld_whatever_it_does() -> None:
    assert withheld(OUTSIDE, Stage("prod", (Action("run", Run(("true",))),), environment="production"))
