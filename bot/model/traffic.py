"""Traffic between two sets of targets (sections 10 and 13): what a deploy action asks for, and how far a deployment is with it. Rule ids: appspec reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MINUTE = 60.0


class Color(StrEnum):
    """DPL-3: the two sets. Which of them has the traffic changes with every deployment."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> "Color":
        return Color.GREEN if self is Color.BLUE else Color.BLUE


@dataclass(frozen=True, slots=True)
class Routing:
    """How the traffic comes to the replacements, `percent` of it at first. `linear`: as much again after every `interval` (seconds),
    otherwise all the rest after the first. `name` as CodeDeploy's, without its prefixes; "" for one of the file's own.
    """

    name: str = "AllAtOnce"
    percent: int = 100
    interval: float = 0.0
    linear: bool = False


def _canary(minutes: int) -> Routing:
    return Routing(f"Canary10Percent{minutes}Minutes", 10, minutes * MINUTE)


def _linear(minutes: int, word: str) -> Routing:
    return Routing(f"Linear10PercentEvery{minutes}{word}", 10, minutes * MINUTE, linear=True)


ROUTINGS: Mapping[str, Routing] = {
    each.name: each
    for each in (
        *(_canary(minutes) for minutes in (5, 10, 15, 30)),
        *(_linear(1, word) for word in ("Minute", "Minutes")),
        *(_linear(minutes, "Minutes") for minutes in (2, 3, 10)),
    )
}
"""Of both Lambda and ECS, which have two spellings of one minute."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Targets by names, or else by tags."""

    names: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlueGreen:
    """`ready` seconds are waited before the traffic is shifted, or with `stop_unready` before all is stopped unless somebody lets it go on
    (BGR-3, BGR-4). Checks are asked every `check_every` seconds, and at the end of each step. The originals are kept for `keep` seconds more, and then, with
    `stop_originals`, their application is stopped (BGR-5).
    """

    blue: Chosen
    green: Chosen
    routing: Routing = Routing()
    ready: float = 0.0
    keep: float = 0.0
    stop_originals: bool = False
    stop_unready: bool = False
    check_every: float = MINUTE


class Phase(StrEnum):
    """What a blue/green deployment is at, in its order."""

    INSTALL = "install"
    READY = "ready"
    SHIFT = "shift"
    BLOCK = "block"
    KEEP = "keep"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class TrafficShift:
    """`replacement` is the set without traffic at the beginning; `replacements` and `originals` are names of targets.

    `steps` are the shares of the traffic, in percent, that the replacements get one after another; so many as `done` have been seen in
    force. `share` is what was asked for last: kept before it is asked for. `until` is the end of the wait, if it waits.
    `look` counts the times that the checks were asked in the middle of a step; they are asked again at `look_at`, in a look that has begun at `look_since`, if one has.
    `alone`: nobody had any traffic before, so that there is nothing to go back to.
    """

    balancer: str
    replacement: Color
    originals: tuple[str, ...]
    replacements: tuple[str, ...]
    steps: tuple[int, ...]
    phase: Phase = Phase.INSTALL
    share: int = 0
    done: int = 0
    until: float | None = None
    alone: bool = False
    look: int = 0
    look_at: float | None = None
    look_since: float | None = None
