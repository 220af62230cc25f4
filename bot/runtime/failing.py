"""Actions for which something of the operator's fails (the artifact store, a folder, a cluster): how often each is tried again, and when no more.

What is tried is the action runner's affair. Hosts and the database are not here: they are waited for without end, by the outbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.messages.not_performed import artifact_store, not_performed, still
from bot.model.failing import Failing
from bot.model.outage import Outage
from bot.ports import ClusterUnavailable, StorageUnavailable
from bot.runtime.outbox import backoff

PATIENCE = 900.0
LONGEST_PAUSE = 60.0
GOES_ON_AFTER = 120.0
"""Seconds after which an action that is tried again counts as going on: a store or a cluster that fails has told so by then."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`what` fails, in words, as far as everybody may know."""

    what: str
    since: float


class Failures:
    """Actions are tried for `patience` seconds from their first failure on, with growing pauses; a restart begins no new count."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._waiting: dict[str, Trouble] = {}

    @property
    def waiting(self) -> Mapping[str, Trouble]:
        """By their jobs, those that are to be tried again."""
        return self._waiting

    def failed(self, job: str, region: str, before: Failing | None, error: Exception, now: float) -> Failing | None:
        """When it is to be tried again; None: no more. `region`: whose artifact store the action uses."""
        since, tries = (before.since, before.tries + 1) if before is not None else (now, 1)
        if now >= since + self._patience:
            self.over(job)
            return None
        self._waiting[job] = Trouble(_what(region, error), since)
        return Failing(since, min(since + self._patience, now + backoff(tries, longest=LONGEST_PAUSE)), tries)

    def over(self, job: str) -> None:
        self._waiting.pop(job, None)

    def told(self, region: str, error: Exception, failing: Failing, now: float) -> Outage:
        """What the action is said to wait for."""
        what, does = _trouble(region, error)
        return Outage(what, does, now, failing.since + self._patience)

    def given_up(self, region: str, error: Exception) -> str:
        """What it says when it has failed of it."""
        if isinstance(error, ClusterUnavailable):
            return still(_what(region, error), self._patience)
        stores = isinstance(error, StorageUnavailable)
        kind = "" if stores else type(error).__name__
        return not_performed(kind, region, self._patience)

    async def check(self) -> str:
        """For whoever looks after the bot: "" while nothing waits."""
        if not self._waiting:
            return ""
        whats = sorted({trouble.what for trouble in self._waiting.values()})
        count = len(self._waiting)
        return f"{count} {'action waits' if count == 1 else 'actions wait'}: {', '.join(whats)}; `penstock doctor` and the log say why"


def _trouble(region: str, error: Exception) -> tuple[str, str]:
    """What fails, and how; of an error that nobody foresaw only how."""
    if isinstance(error, StorageUnavailable):
        return artifact_store(region), "can't be used"
    if isinstance(error, ClusterUnavailable):
        return f"the cluster {error.name}", error.does
    return "", f"Penstock can't run it ({type(error).__name__})"


def _what(region: str, error: Exception) -> str:
    return " ".join(filter(None, _trouble(region, error)))
