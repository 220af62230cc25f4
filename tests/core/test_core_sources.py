"""In whose name an execution reads further sources: nobody's where it is not known who brought the revision."""

from dataclasses import replace

import pytest

from bot.core.sources import people
from bot.model.people import Person
from tests.core.lane import ADA, BEN, Lane, pipeline, run, stage


@pytest.mark.parametrize(
    ("author", "pull_request", "pushed_by", "names"),
    [
        (ADA, None, None, ["ada"]),
        (None, None, None, []),
        (ADA, 7, BEN, ["ada", "ben"]),
        (ADA, 7, None, []),
    ],
)
def test_in_whose_name_it_reads(
    author: Person | None, pull_request: int | None, pushed_by: Person | None, names: list[str]
) -> None:
    lane = Lane(pipeline(stage("build", run("unit"))))
    lane.start(author=author)
    execution = lane["e1"]
    revision = replace(execution.revision, pull_request=pull_request, pushed_by=pushed_by)
    assert [person.login for person in people(replace(execution, revision=revision))] == names
