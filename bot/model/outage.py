"""What an action can't go on without, and does not have now: a host that does not answer, the bot's artifact store. People mend it elsewhere, or it passes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outage:
    """`what` is missed, as people call it, and `does` tells how: `github.com`, `does not answer`. Without a name `does` says all of it.

    It is tried again until `until`; None: without end. `since` is when this was told. Times are seconds since the epoch.
    """

    what: str
    does: str
    since: float
    until: float | None = None

    def same(self, other: "Outage | None") -> bool:
        """Whether people know it already."""
        return other is not None and (self.what, self.does, self.until) == (other.what, other.does, other.until)
