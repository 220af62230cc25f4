"""Payloads to events: the way from bytes to a host's own converters, and what several of those need. Pure, and never raises.

The kind comes from the delivery's header, never from a guess at the body.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bot.model.host_event import (
    Dated,
    HostEvent,
    Ignored,
    MergeGroupChanged,
    PullRequestChanged,
    PullRequestEdited,
    Pushed,
)
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind

P = TypeVar("P", bound=BaseModel)
Convert = Callable[[Any], HostEvent]
Told = HostEvent | Sequence[HostEvent]

_NAME = re.compile(
    r"(?!.*(\.\.|@\{|//|/\.|\.lock(/|$)))(?![./])[^\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]{1,1024}(?<![./])", re.DOTALL
)
"""A branch's or tag's name: https://git-scm.com/docs/git-check-ref-format."""

_OWN_COMMENT = re.compile(r"^<!-- penstock:", re.MULTILINE)
"""What the bot posts carries this marker. Its account may be an ordinary user, so the account alone does not tell it."""


@dataclass(frozen=True, slots=True)
class Reader(Generic[P]):
    """How one kind of payload is read. `page` is where the payload says its repository is (None: it is about none), `at` when that
    happened which it tells, as far as it says so.
    """

    model: type[P]
    convert: Callable[[P], Told]
    page: Callable[[P], str | None]
    at: Callable[[P], float | None] = lambda _: None

    def read(self, kind: str, body: bytes, url: str) -> Sequence[HostEvent]:
        try:
            payload = self.model.model_validate_json(body)
        except ValidationError as error:
            return (Ignored(_unreadable(kind, error)),)
        page = self.page(payload)
        if page is not None and host_of(page) != host_of(url):
            return (Ignored(f"it is about a repository of another host than {url}"),)
        told, at = self.convert(payload), self.at(payload)
        events = told if isinstance(told, Sequence) else (told,)
        if at is None:
            return events
        return tuple(replace(event, at=at) if isinstance(event, Dated) else event for event in events)


Readers = Mapping[str, Reader[Any]]


def read_events(
    readers: Readers, not_for_us: Mapping[str, str], kind: str, body: bytes, url: str
) -> Sequence[HostEvent]:
    """Read a payload of that kind from the host at `url`. `not_for_us` says why some kinds are known and not read."""
    reader = readers.get(kind)
    if reader is None:
        return (Ignored(not_for_us.get(kind, f"nothing follows from events of the kind {kind}")),)
    return tuple(sound(event) for event in reader.read(kind, body, url))


def read_event(readers: Readers, not_for_us: Mapping[str, str], kind: str, body: bytes, url: str) -> HostEvent:
    """The same for a host whose deliveries tell of one event each."""
    [event] = read_events(readers, not_for_us, kind, body, url)
    return event


def sound(event: HostEvent) -> HostEvent:
    """The event, or why it can't be one: whatever is read, nothing later stumbles over a ref that Git can't have."""
    match event:
        case Pushed(before=None, after=None):
            return Ignored("it tells of a push that changed nothing")
        case Pushed(ref=ref) if not _NAME.fullmatch(ref.name):
            return Ignored("it names a ref that Git can't have")
        case (
            PullRequestChanged(pull_request=PullRequest(target_branch=name))
            | PullRequestEdited(pull_request=PullRequest(target_branch=name))
            | MergeGroupChanged(target_branch=name)
        ) if not _NAME.fullmatch(name):
            return Ignored("it names a branch that Git can't have")
        case MergeGroupChanged(branch=name) if not _NAME.fullmatch(name):
            return Ignored("it names a branch that Git can't have")
    return event


def is_own_comment(body: str) -> bool:
    """Whether a comment carries a mark of the bot's, whoever its author is said to be."""
    return _OWN_COMMENT.search(body) is not None


def ref_of(name: str) -> Ref | None:
    """The branch or tag of a full ref name; None for any other ref."""
    for prefix, kind in (("refs/heads/", RefKind.BRANCH), ("refs/tags/", RefKind.TAG)):
        if name.startswith(prefix) and len(name) > len(prefix):
            return Ref(kind, name.removeprefix(prefix))
    return None


def commit_of(sha: str) -> str | None:
    """All zeros stand for no commit: the ref was created or deleted."""
    return sha if sha.strip("0") else None


def host_of(url: str) -> str:
    """The host and port that an address names; "" when it is no address."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def words_of(action: str) -> str:
    """An action's name as words, whatever a payload holds there."""
    return re.sub(r"[^a-z ]", "", action.replace("_", " "))[:40] or "changed"


def _unreadable(kind: str, error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"the {kind} payload cannot be read: {place[:80]}: {first['msg'][:120]}"
