"""How an action that is not done yet goes on: whoever does its work has asked to be asked again (LMB-3)."""

from dataclasses import dataclass

from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class Continuation:
    """Ask again at `at`, with the token that was given. `since` the action runs, `heard` whoever does it was last heard of; `asked`
    counts how often it was asked. `wakes` names what lets it be asked at once, should it be heard of before. Times are seconds since the
    epoch.
    """

    at: float
    since: float
    heard: float
    asked: int = 1
    token: str = ""
    wakes: str = ""
    told: float = 0.0
    """When people were last told what it waits for."""
    problem: str = ""
    """Why nothing came of asking the last time; "" where something did."""


def closed(repository: Repository, number: int) -> str:
    """What wakes those who wait for a pull request to be merged or closed."""
    return f"closed:{repository.provider}:{repository.id}:{number}"
