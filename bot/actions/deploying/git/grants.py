"""Which repositories a pipeline may change, by the bot's own hand: those alone that whoever operates the bot has listed for it."""

from collections.abc import Mapping, Sequence

from bot.model.glob import matches
from bot.model.repository import Repository
from bot.ports import GitRemote, HostRefused, Provider


class NotGranted(Exception):
    """The repository may not be changed from there, or there is none. The text is safe to show."""


class GitGrants:
    """`grants` are pairs of a pattern of `host:owner/name`, who may, and one of `owner/name` on the same host, what."""

    def __init__(self, providers: Mapping[str, Provider], grants: Sequence[tuple[str, str]]) -> None:
        self._providers = providers
        self._grants = grants

    async def find(self, wanted: str, repository: Repository) -> Repository:
        """Raises NotGranted, with the same words whether there is such a repository or not; HostUnavailable."""
        host = repository.provider
        if not self._granted(repository, wanted):
            raise _refused(wanted, repository)
        try:
            found = await self._providers[host].find(wanted)
        except HostRefused as error:
            raise NotGranted(f"{wanted} can't be looked up: {error}") from error
        if found is None:
            raise NotGranted(f"there is no repository {wanted} on {host} that the bot may see")
        if not self._granted(repository, found.repository.full_name):
            raise _refused(wanted, repository)  # an old name, which leads to what has another by now
        return found.repository

    async def remote(self, repository: Repository) -> GitRemote:
        return await self._providers[repository.provider].contributing.remote(repository)

    def page(self, repository: Repository, commit: str) -> str:
        return self._providers[repository.provider].page_url(repository, commit=commit)

    def _granted(self, repository: Repository, wanted: str) -> bool:
        who = f"{repository.provider}:{repository.full_name}"
        return any(matches(pattern, who) and matches(what, wanted) for pattern, what in self._grants)


def _refused(wanted: str, repository: Repository) -> NotGranted:
    who = f"{repository.provider}:{repository.full_name}"
    return NotGranted(
        f"{who} may not change {wanted}; whoever operates the bot can allow it: PENSTOCK_GITOPS_REPOSITORIES={who}={wanted}"
    )
