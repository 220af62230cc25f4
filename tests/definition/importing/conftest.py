"""What the tests of import and export share: definitions to change a little, and ways to read them."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bot.definition import Definitions, read_definitions
from bot.definition.importer import Import, import_pipelines

EXAMPLES = Path(__file__).parent / "examples"
Body = dict[str, Any]
Edit = Callable[[Body], object]
ImportOne = Callable[[str | Body], Import]


def action(category: str, provider: str, name: str = "do", **more: Any) -> Body:
    """An action declaration; what it needs beyond its type is given."""
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, **more}


def definition(*stages: Body, **more: object) -> Body:
    """A valid definition with a Git source, and a stage to be gone through when none is given."""
    source = action(
        "Source",
        "CodeStarSourceConnection",
        "Checkout",
        configuration={"ConnectionArn": "arn", "FullRepositoryId": "acme/shop", "BranchName": "main"},
        outputArtifacts=[{"name": "App"}],
        namespace="Src",
    )
    ask = {"name": "Ask", "actions": [action("Approval", "Manual", "ask")]}
    return {
        "pipeline": {"name": "shop", "stages": [{"name": "Source", "actions": [source]}, *(stages or (ask,))], **more}
    }


def stage(*actions: Body, **more: object) -> Body:
    return {"name": "Work", "actions": list(actions), **more}


def run_as_it_is(text: str) -> Definitions:
    return read_definitions({".pipeline.json": text.encode()}, "shop", not_yet=())


@pytest.fixture
def import_one() -> ImportOne:
    """Imports what must be one pipeline, whose file must be valid."""

    def import_it(source: str | Body) -> Import:
        text = source if isinstance(source, str) else json.dumps(deepcopy(source))
        (one,), whole = import_pipelines("here", text.encode(), {})
        assert whole == ()
        assert read_definitions({"x.yml": one.text.encode()}, "shop", not_yet=()).problems == ()
        return one

    return import_it
