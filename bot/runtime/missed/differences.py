"""What a host has now, held against what was heard of it: each difference is the event that nobody has told. Nothing is asked here.

However many pushes led there, what is found of a ref is one event, for its newest commit. Of refs that nobody has heard of yet the first look
only takes note: what was there before the bot came is no news.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model.host_event import PullRequestChanged, Pushed
from bot.model.intake import Intake
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind, Repository
from bot.model.triggers import PullRequestKind

QUEUE = "gh-readonly-queue/"
"""How the branches of GitHub's merge queue begin: what is asked of them, it asks by events of its own."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a repository: `heard` from deliveries (or by looking before), and else `seen` at the last look, None at the first."""

    repository: Repository
    default_branch: str
    heard: Mapping[Ref, Intake]
    seen: Mapping[Ref, str] | None

    def commit(self, ref: Ref) -> str | None:
        """The ref's commit, "" when it is known to be gone or closed; None when nothing is known of it."""
        heard = self.heard.get(ref)
        if heard is not None:
            return "" if heard.is_last else heard.commit
        return None if self.seen is None else self.seen.get(ref, "")


@dataclass(frozen=True, slots=True)
class Difference:
    """`since`: what had been heard of the ref when it was looked at."""

    event: Pushed | PullRequestChanged
    ref: Ref
    since: Intake | None


def moved(known: Known, refs: Mapping[Ref, str]) -> Iterator[Difference]:
    """The branches and tags that are elsewhere than they were, or new, or gone."""
    for ref, commit in refs.items():
        before = known.commit(ref)
        if before is not None and before != commit and not _is_queue(ref):
            yield _push(known, ref, before or None, commit)
    for ref, heard in known.heard.items():
        if ref.kind is not RefKind.PULL_REQUEST and not heard.is_last and ref not in refs:
            yield _push(known, ref, heard.commit, None)


def changed(known: Known, pull_requests: Sequence[PullRequest]) -> Iterator[Difference]:
    """The open pull requests that are new, were opened again, or have other commits or another target."""
    for found in pull_requests:
        ref = of_number(found.number)
        heard, before = known.heard.get(ref), known.commit(ref)
        if before is None:
            continue
        if not before:
            event = PullRequestChanged(
                known.repository, found, PullRequestKind.OPENED, found.author, known.default_branch, found=True
            )
            yield Difference(event, ref, heard)
        elif not same_commit(before, found.head) or (
            heard is not None and heard.target_branch not in ("", found.target_branch)
        ):
            event = PullRequestChanged(
                known.repository, found, PullRequestKind.UPDATED, None, known.default_branch, found=True
            )
            yield Difference(event, ref, heard)


def not_listed(known: Known, pull_requests: Sequence[PullRequest]) -> list[int]:
    """The numbers of those that were open when last heard of, and are not any more: how they ended is to be asked."""
    listed = {found.number for found in pull_requests}
    numbers = [
        int(ref.name)
        for ref, heard in known.heard.items()
        if ref.kind is RefKind.PULL_REQUEST and not heard.is_last and ref.name.isdecimal()
    ]
    return sorted(set(numbers) - listed)


def closed(known: Known, found: PullRequest) -> Difference:
    event = PullRequestChanged(known.repository, found, PullRequestKind.CLOSED, None, known.default_branch, found=True)
    ref = of_number(found.number)
    return Difference(event, ref, known.heard.get(ref))


def to_be_seen(known: Known, refs: Mapping[Ref, str], pull_requests: Sequence[PullRequest]) -> Mapping[Ref, str]:
    """What is to be kept of the look: whatever nobody has heard of."""
    now = {**refs, **{of_number(found.number): found.head for found in pull_requests}}
    return {ref: commit for ref, commit in now.items() if ref not in known.heard}


def of_number(number: int) -> Ref:
    return Ref(RefKind.PULL_REQUEST, str(number))


def same_commit(one: str, other: str) -> bool:
    """Lists of pull requests may tell only the beginnings of ids."""
    return bool(one) and bool(other) and (one.startswith(other) or other.startswith(one))


def _push(known: Known, ref: Ref, before: str | None, after: str | None) -> Difference:
    event = Pushed(known.repository, ref, before, after, None, known.default_branch, found=True)
    return Difference(event, ref, known.heard.get(ref))


def _is_queue(ref: Ref) -> bool:
    return ref.kind is RefKind.BRANCH and ref.name.startswith(QUEUE)
