"""Whether a delivery tells of a repository that its secret is good for: the secret of one must not speak for another."""

from collections.abc import Mapping, Sequence

from bot.model.delivery import GOOD_FOR, Delivery
from bot.model.host_event import CommentCreated, HostEvent, Ignored, RepositoriesChanged
from bot.model.host_secret import by_name, covers
from bot.model.repository import Repository
from bot.ports import Provider
from bot.runtime.names import Names


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


class Identity:
    """A secret may be good for repositories by their names, while all that is done goes by their ids. So the host is asked whether
    the two belong together, unless that is known: else whoever has the secret of one could write its name beside another one's id.
    """

    def __init__(self, providers: Mapping[str, Provider], names: Names) -> None:
        self._providers = providers
        self._names = names

    async def doubt(self, delivery: Delivery, event: HostEvent) -> str:
        """A `bot.runtime.inbox.Doubt`."""
        if not by_name(delivery.headers.get(GOOD_FOR, "")):
            return ""
        for told in _told_of(event):
            if self._names.known(told):
                continue
            found = await self._providers[delivery.provider].find(told.full_name)
            if found is None or found.repository.id != told.id:
                return f"it calls a repository {told.full_name}, and the host shows none of that name and id"
        return ""
