"""How an action that is not done yet goes on: whoever does its work has asked to be asked again (LMB-3)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Continuation:
    """Ask again at `at`, with the token that was given. `since` the action runs, `heard` whoever does it was last heard of; `asked`
    counts how often it was asked. Times are seconds since the epoch.
    """

    at: float
    since: float
    heard: float
    asked: int = 1
    token: str = ""
