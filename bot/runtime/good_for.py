"""Whether a delivery tells of a repository that its secret is good for: the secret of one must not speak for another. Pure."""

from collections.abc import Sequence

from bot.model.host_event import CommentCreated, HostEvent, Ignored, RepositoriesChanged
from bot.model.host_secret import covers
from bot.model.repository import Repository


def spoken_for(event: HostEvent, good_for: str) -> HostEvent:
    """The event, or that it is to be ignored."""
    others = [repository for repository in _told_of(event) if not covers(good_for, repository)]
    if not others:
        return event
    return Ignored(f"it was signed with the secret of another repository, and tells of {others[0].full_name}")


def _told_of(event: HostEvent) -> Sequence[Repository]:
    match event:
        case CommentCreated():
            return (event.comment.repository,)
        case RepositoriesChanged():
            return event.repositories
        case Ignored():
            return ()
    return (event.repository,) if event.repository is not None else ()
