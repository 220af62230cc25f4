"""A check run, as Penstock asks a host to show it: a commit status with a page of its own and remarks on lines."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.annotation import Annotation
from bot.model.status import CommitStatus


class CheckButton(StrEnum):
    """What people can say beside a check run: they answer an approval, or end one of a deployment's waits."""

    APPROVE = "approve"
    REJECT = "reject"
    SHIFT_TRAFFIC = "shift_traffic"
    END_WAIT = "end_wait"


@dataclass(frozen=True, slots=True)
class ButtonShown:
    """A button with its label, and what it is about in a few words."""

    button: CheckButton
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    """`subject` tells the runs of one context on one commit apart: what is told of it, and the attempt (`execution/attempt`).

    `summary` and `details` are Markdown.
    """

    status: CommitStatus
    subject: str
    summary: str
    details: str = ""
    annotations: tuple[Annotation, ...] = ()
    started_at: float | None = None
    ended_at: float | None = None
    buttons: tuple[ButtonShown, ...] = ()
