"""Which lanes a hold or a release is for."""

import pytest

from bot.commands.command import Hold, Order, Place, Release
from bot.commands.gates import Door, doors
from bot.commands.route import route
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import LaneKey
from bot.model.pipeline import Pipeline, Stage
from bot.model.repository import Ref, RefKind
from tests.world.builders import REPOSITORY


def lane(name: str, ref: str = "main", kind: RefKind = RefKind.BRANCH) -> LaneKey:
    return LaneKey(REPOSITORY, name, Ref(kind, ref))


def defined(name: str, *stages: str) -> Pipeline:
    return Pipeline(name, tuple(Stage(stage, ()) for stage in stages))


WEB = (lane("web"), defined("web", "build", "prod"))
WEB_TAGGED = (lane("web", "v1", RefKind.TAG), defined("web", "build", "prod"))
API = (lane("api"), defined("api", "prod"))
SEVERAL = Refusal(RefusalReason.SEVERAL_PIPELINES, {"choices": "web:prod, api:prod"})

CASES = [
    ("the one that has it", [WEB, API], Place("", "build"), (Door(WEB[0], "build"),)),
    ("as phones write it", [WEB, API], Place("", "Build"), (Door(WEB[0], "build"),)),
    ("the one named", [WEB, API], Place("api", "prod"), (Door(API[0], "prod"),)),
    ("several have it", [WEB, API], Place("", "prod"), SEVERAL),
    ("all lanes of one", [WEB, WEB_TAGGED], Place("", "prod"), (Door(WEB[0], "prod"), Door(WEB_TAGGED[0], "prod"))),
    (
        "none has it",
        [WEB],
        Place("", "live"),
        Refusal(RefusalReason.UNKNOWN_STAGE, {"stage": "live", "known": "build, prod"}),
    ),
    ("nothing ran", [], Place("", "prod"), Refusal(RefusalReason.NO_LANE)),
]


@pytest.mark.parametrize(("lanes", "place", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_doors(lanes: list[tuple[LaneKey, Pipeline]], place: Place, expected: tuple[Door, ...] | Refusal) -> None:
    assert doors(Hold(place), lanes) == expected
    assert doors(Release(place), lanes) == expected


@pytest.mark.parametrize("command", [Hold(Place("", "prod")), Release(Place("", "prod"))])
def test_they_are_no_affair_of_executions(command: Order) -> None:
    with pytest.raises(AssertionError, match="its intake sees to it"):
        route(command, ())
