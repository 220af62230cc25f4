"""What an event on a ref came to, pipeline by pipeline: kept so that `/why` and `/status` can tell."""

from dataclasses import dataclass

from bot.model.people import Person


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one event for one pipeline: started, or the reason why not, in words."""

    pipeline: str
    started: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Intake:
    """What the last event on a ref came to: kept so that `/why` and `/status` can tell. `problem` is about the whole event.

    `by` is who caused it: who brought the commit to where it is. `over`: it was the ref's last, which was deleted, or whose
    pull request was closed. `target_branch` is a pull request's; "" where an older version recorded none. `caught_up`: no
    delivery told of it, it was found by looking; deliveries of what led there may follow. `delivery`: the key of the one that it came by. `held_draft`:
    nothing has run, since it was a draft.
    """

    commit: str
    event: str
    at: float
    judgements: tuple[Judgement, ...] = ()
    problem: str = ""
    by: Person | None = None
    over: bool = False
    target_branch: str = ""
    caught_up: bool = False
    delivery: str = ""
    held_draft: bool = False

    @property
    def is_last(self) -> bool:
        """An older version told only of what was deleted, by naming no commit."""
        return self.over or not self.commit
