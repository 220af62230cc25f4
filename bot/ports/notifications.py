"""What the runtime asks of whoever carries notifications: a chat, a mail server, an endpoint."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Tone(StrEnum):
    """How a notification is to be taken."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification, for people and for programs.

    `id` names what has happened, and is the same however often it is sent. `title` and `text` are plain text, made fit for chats.
    `type` is a CloudEvents type, `subject` what it is about within `source`, and `data` all that is known of it (JSON).
    """

    id: str
    at: float
    tone: Tone
    title: str
    text: str
    type: str
    source: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Notifications(Protocol):
    """`names` are the targets that there are."""

    @property
    def names(self) -> Collection[str]: ...

    async def send(self, target: str, notice: Notice) -> None:
        """Send it. Raises HostUnavailable (try again) and HostRefused (it would not help), as a Git host does."""


class Nobody:
    """No targets at all."""

    names: Collection[str] = ()

    async def send(self, target: str, notice: Notice) -> None:
        raise LookupError(f"{target}: {notice.id}")
