"""How often what the bot itself needs for an action has failed: its artifact store, or a folder of its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failing:
    """It has failed `tries` times `since` then, and is tried again `at`. Times are seconds since the epoch."""

    since: float
    at: float
    tries: int = 0
