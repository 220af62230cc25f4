"""Record histories anew: `python -m tests.histories.record`, or only those of some modules: `... record push hold`.

Without names it tells the stories of the modules that have other ones than are recorded; where only the decisions differ, it keeps
the new ones. The stories are told on one host; what each lane was told is kept with what it decided. Whoever changes what is decided
records anew, and the change is seen in the text files.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator

import pytest

from bot.core.decide import decide
from bot.core.draft import Decision
from bot.core.events import Event
from bot.model.lane import LaneState
from bot.runtime import engine
from tests.histories import kept
from tests.histories.kept import Told

HOST = "github"
"""It can do all that stories ask for."""
ANYWHERE = "local"
"""Where those are told in which no host differs."""


class Recorder:
    """A plug-in of pytest that listens to the engine's decisions."""

    def __init__(self) -> None:
        self.stories: dict[str, dict[str, tuple[Told, ...]]] = defaultdict(dict)
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(_module(report.nodeid.partition("::")[0].removesuffix(".py")))

    @pytest.fixture(autouse=True)
    def listen(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        told: dict[tuple[str, str], Told] = {}

        def listening(state: LaneState, event: Event) -> Decision:
            told.setdefault((state.key.id, event.id), Told(state.key, event))  # a lane takes an event once
            return decide(state, event)

        monkeypatch.setattr(engine, "decide", listening)
        yield
        host = ANYWHERE if request.node.get_closest_marker("anywhere") else HOST
        name = request.node.name.replace(f"{host}-", "").replace(f"-{host}", "").replace(f"[{host}]", "")
        self.stories[_module(request.module.__name__)][name] = tuple(told.values())


def _module(name: str) -> str:
    return name.rpartition("test_stories_")[2]


def main(wanted: list[str]) -> int:
    for gone in set(kept.modules()) - kept.told_in():
        kept.forget(gone)
    names = wanted or kept.unlike()
    for module in set(kept.modules()) - set(names):
        kept.decide_anew(module)
    if not names:
        return 0
    recorder = Recorder()
    files = [f"tests/stories/test_stories_{name}.py" for name in names]
    options = ["-q", "-p", "no:cacheprovider", "--every-host", "-k", f"{HOST} or anywhere"]
    failed = pytest.main([*options, *files], plugins=[recorder])
    for module, stories in recorder.stories.items():
        if module not in recorder.failed:
            kept.write(module, stories)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
