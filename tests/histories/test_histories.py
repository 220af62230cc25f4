"""Every story's events, decided anew: the same decisions as when they were recorded, also by the code of a later version.

What differs is a change of behaviour. When it is meant, `python -m tests.histories.record` records anew, and the diff of the text
files shows it. That older events can still be read is proved by the way.
"""

import pytest

from tests.histories import kept

STORIES = [(module, story) for module in kept.modules() for story in kept.events(module)]


@pytest.mark.parametrize(("module", "story"), STORIES, ids=[f"{module}-{story}" for module, story in STORIES])
def test_a_recorded_history_is_decided_as_it_was(module: str, story: str) -> None:
    assert kept.text(module, story).splitlines() == kept.decided(module)[story].rstrip("\n").splitlines()


def test_every_story_is_recorded_and_no_other() -> None:
    assert kept.unlike() == [], "`python -m tests.histories.record` records these modules anew"
