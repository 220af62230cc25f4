"""What the tests of the pipeline file share: reading one document with everything in the grammar allowed."""

from collections.abc import Callable

import pytest

from bot.definition import Definitions, read_definitions
from bot.model.pipeline import Pipeline

Read = Callable[[str], Definitions]
ReadOne = Callable[[str], Pipeline]


@pytest.fixture
def read() -> Read:
    """Reads the text as `.pipeline.yml` of a repository named `shop`, as if everything were available."""
    return lambda text: read_definitions({".pipeline.yml": text.encode()}, "shop", not_yet=())


@pytest.fixture
def read_one(read: Read) -> ReadOne:
    """Reads a text that must define exactly one pipeline and have no problem."""

    def read_it(text: str) -> Pipeline:
        definitions = read(text)
        assert definitions.problems == ()
        (pipeline,) = definitions.pipelines
        return pipeline

    return read_it
