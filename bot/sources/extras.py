"""What a checkout has only on request: submodules and Git LFS objects. Both talk to hosts that the repository names."""

from pathlib import Path
from urllib.parse import urlsplit

from bot.model.pipeline import Checkout
from bot.ports import GitRemote
from bot.sources.credentials import credential_environment
from bot.sources.failures import NotPossible, last_line
from bot.sources.git import Command, Git, GitFailed

LFS_FILTER = (
    "-c",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "-c",
    "filter.lfs.process=git-lfs filter-process",
    "-c",
    "filter.lfs.required=true",
)


class Extras:
    """Fills in what `Checkout` asks for beyond the files. The password goes to the remote's own host alone."""

    def __init__(self, git: Git, askpass: Path, timeout: float) -> None:
        self._git = git
        self._askpass = askpass
        self._timeout = timeout

    async def add(self, into: Path, checkout: Checkout, remote: GitRemote) -> None:
        """Raises NotPossible with the reason in words."""
        if checkout.lfs:
            await self._add_lfs(into, remote)
        if checkout.submodules:
            depth = [f"--depth={checkout.depth}"] if checkout.depth else []
            what = "The submodules could not be fetched"
            await self._run(into, remote, what, ["submodule", "--quiet", "update", "--init", "--recursive", *depth])

    async def _add_lfs(self, into: Path, remote: GitRemote) -> None:
        try:
            await self._git.run(into, "lfs", "version")
        except GitFailed:
            raise NotPossible(
                "The pipeline asks for Git LFS (checkout: lfs), and git-lfs is not installed where Penstock runs. Install it there."
            ) from None
        await self._run(into, remote, "The LFS objects could not be fetched", [*LFS_FILTER, "lfs", "pull"])

    async def _run(self, into: Path, remote: GitRemote, what: str, arguments: list[str]) -> None:
        environment = credential_environment(remote, self._askpass)
        try:
            await self._git.run_remote(Command(arguments, into, environment), self._timeout)
        except GitFailed as error:
            host = urlsplit(remote.url).hostname or "its host"
            reason = last_line(error.errors, remote.password)
            raise NotPossible(f"{what}: {reason}. Only {host} is given the bot's credentials.") from None
