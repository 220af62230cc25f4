"""Which execution is meant by what a person types. That commands ask is told in `test_cli_orders` and `test_cli_status`."""

from collections.abc import Sequence
from typing import Any, cast

import click
import pytest
from pydantic import TypeAdapter

from bot.cli.client import Client
from bot.cli.which import Fits, asks_somebody, goes_on, has_failed, meant
from bot.model.execution import Execution
from tests.world.builders import built

WAITING = built("prod: live=waiting", number=4, id="aaaa1111-0").execution
RUNNING = built("prod: live=running", number=3, pull_request=0, id="aaaa2222-0").execution
FAILED = built("prod: live=failed", number=2, pull_request=0, id="bbbb3333-0").execution
OTHER = built("prod: live=waiting", name="api", number=1, id="cccc4444-0").execution
ALL = (WAITING, RUNNING, FAILED, OTHER)


class Listing:
    """The bot's list, newest first."""

    def __init__(self, executions: Sequence[Execution]) -> None:
        self._executions = executions

    def json(self, path: str, *, pipeline: str, limit: str) -> Any:
        assert (path, limit) == ("/api/executions", "100")
        found = [one for one in self._executions if pipeline in ("", one.lane.pipeline)]
        return {"executions": [TypeAdapter(Execution).dump_python(one, mode="json") for one in found]}


def which(text: str, fits: Fits | None = None) -> str:
    return meant(cast("Client", Listing(ALL)), text, fits)


@pytest.mark.parametrize(
    ("text", "fits", "found"),
    [
        ("bbbb3333-0", None, FAILED.id),
        ("bbbb", None, FAILED.id),
        ("aaaa2", None, RUNNING.id),
        ("web", asks_somebody, WAITING.id),
        ("web", has_failed, FAILED.id),
        ("api", None, OTHER.id),
        ("bbb", None, "bbb"),
        ("../x", None, "../x"),
        ("0a1b2c3d-0000-4000-8000-000000000000", None, "0a1b2c3d-0000-4000-8000-000000000000"),
    ],
)
def test_one_is_meant_by_its_beginning_or_its_pipeline(text: str, fits: Fits | None, found: str) -> None:
    """What is none comes back as it is: the bot says that it knows none such."""
    assert which(text, fits) == found


@pytest.mark.parametrize(
    ("text", "fits", "said"),
    [
        ("aaaa", None, ["aaaa can mean several", "aaaa1111-0  acme/web  web #4 on pull/3", "aaaa2222-0"]),
        ("web", goes_on, ["web can mean several", "aaaa1111-0", "aaaa2222-0  acme/web  web #3 on heads/main"]),
        ("web", None, ["web can mean several", "aaaa1111-0", "aaaa2222-0"]),
        ("api", has_failed, ["No execution of api can be meant", "cccc4444-0"]),
    ],
)
def test_where_several_can_be_meant_they_are_told(text: str, fits: Fits | None, said: list[str]) -> None:
    with pytest.raises(click.UsageError) as refused:
        which(text, fits)
    assert all(words in str(refused.value.message) for words in said), refused.value.message
    assert "bbbb3333-0" not in str(refused.value.message), "an older one of its lane is not"
