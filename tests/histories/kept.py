"""The recorded histories as they are kept: the events of each module's stories compressed, what was decided about them as text."""

import ast
import json
import lzma
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from bot.core.decide import decide
from bot.core.events import Event
from bot.model.execution import LaneKey
from bot.model.lane import LaneState
from bot.stores.codec import EVENT
from tests.histories.outline import outline

FOLDER = Path(__file__).parent
STORIES = FOLDER.parent / "stories"
EVENTS = FOLDER / "events"
DECIDED = FOLDER / "decided"

_LANE = TypeAdapter(LaneKey)
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and the lane that it was told to."""

    lane: LaneKey
    event: Event


History = tuple[Told, ...]


def write(module: str, stories: Mapping[str, History]) -> None:
    """Keep a module's histories, and what is decided about them now."""
    EVENTS.mkdir(exist_ok=True)
    DECIDED.mkdir(exist_ok=True)
    lines = {name: _normal("\n".join(map(_line, history))) for name, history in sorted(stories.items())}
    data = json.dumps(lines, ensure_ascii=False).encode()
    (EVENTS / f"{module}.json.xz").write_bytes(lzma.compress(data, preset=9))
    events.cache_clear()
    decide_anew(module)


def decide_anew(module: str) -> None:
    """Keep what is decided now about the events that were recorded."""
    decided = "\n".join(text(module, story) for story in events(module))
    (DECIDED / f"{module}.txt").write_text(decided)


@cache
def events(module: str) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(lzma.decompress((EVENTS / f"{module}.json.xz").read_bytes()))
    return found


def unlike() -> list[str]:
    """The modules whose stories are others than those that are recorded."""
    told = {path.stem.removeprefix("test_stories_"): set(_stories(path)) for path in STORIES.glob("test_stories_*.py")}
    recorded = {module: {re.sub(r"\[.*", "", story) for story in events(module)} for module in modules()}
    return sorted(name for name in {*told, *recorded} if told.get(name, set()) != recorded.get(name, set()))


def told_in() -> set[str]:
    """The modules that there are."""
    return {path.stem.removeprefix("test_stories_") for path in STORIES.glob("test_stories_*.py")}


def forget(module: str) -> None:
    (EVENTS / f"{module}.json.xz").unlink()
    (DECIDED / f"{module}.txt").unlink()


def _stories(path: Path) -> Iterator[str]:
    """What is told without a world has no history."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.AsyncFunctionDef) or not node.name.startswith("test_"):
            continue
        if {"world", "make_world"} & {argument.arg for argument in node.args.args}:
            yield node.name


def modules() -> list[str]:
    return sorted(path.name.removesuffix(".json.xz") for path in EVENTS.glob("*.json.xz"))


def history(module: str, story: str) -> History:
    lines = events(module)[story].splitlines()
    return tuple(
        Told(_LANE.validate_python(kept["lane"]), EVENT.decode(json.dumps(kept["event"])))
        for kept in map(json.loads, lines)
    )


def text(module: str, story: str) -> str:
    """What is decided about a story's events now, told to lanes that know nothing yet."""
    return "\n".join([f"# {story}", *_decided(history(module, story)), ""])


def decided(module: str) -> Mapping[str, str]:
    """What was decided when it was recorded, by story."""
    found = (DECIDED / f"{module}.txt").read_text()
    return {part.partition("\n")[0]: f"# {part}" for part in re.split(r"^# ", found, flags=re.MULTILINE)[1:]}


def _decided(told: History) -> Iterator[str]:
    lanes: dict[str, LaneState] = {}
    lane = ""
    for one in told:
        if one.lane.id != lane:
            lane = one.lane.id
            yield f"{one.lane.pipeline} on {one.lane.ref}"
        before = lanes.get(lane, LaneState(one.lane))
        decision = decide(before, one.event)
        lanes[lane] = decision.state
        yield from (f"  {line}" for line in outline(before, one.event, decision))


def _line(told: Told) -> str:
    return json.dumps(
        {"lane": _LANE.dump_python(told.lane, mode="json"), "event": json.loads(EVENT.encode(told.event))}
    )


def _normal(text: str) -> str:
    """With ids and commits, which differ from run to run, numbered as they come."""
    for pattern, shape in ((_ID, "x{}"), (_COMMIT, "{:040x}")):
        numbers: dict[str, int] = {}
        for found in pattern.findall(text):
            numbers.setdefault(found, len(numbers) + 1)
        text = pattern.sub(lambda match, n=numbers, s=shape: s.format(n[match[0]]), text)  # type: ignore[misc]
    return text
