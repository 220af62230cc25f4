"""A check run, as Penstock asks a host to show it: a commit status with a page of its own and remarks on lines."""

from dataclasses import dataclass

from bot.model.annotation import Annotation
from bot.model.status import CommitStatus


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
