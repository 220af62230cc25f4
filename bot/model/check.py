"""A check run, as Penstock asks a host to show it: a commit status with a page of its own and remarks on lines."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.annotation import Annotation
from bot.model.status import CommitStatus


class CheckButton(StrEnum):
    """What people can answer beside a check run."""

    APPROVE = "approve"
    REJECT = "reject"


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
