"""What a checkout has only on request: submodules and Git LFS objects. Both talk to hosts that the repository names."""

from pathlib import Path
from urllib.parse import urlsplit

from bot.model.pipeline import Checkout
from bot.ports import GitRemote
from bot.sources.credentials import credential_environment
from bot.sources.failures import NotPossible, last_line
from bot.sources.git import Command, Git, GitFailed

LFS_FILTER = (
    # Without a clean filter git-lfs takes itself as not installed: it fetches, and leaves the pointers.
    "-c",
    "filter.lfs.clean=git-lfs clean -- %f",
    "-c",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "-c",
    "filter.lfs.process=git-lfs filter-process",
    "-c",
    "filter.lfs.required=true",
)
LFS_ADDRESS = r"^(lfs\.url|remote\..*\.lfsurl)$"
"""The settings of a repository's `.lfsconfig` by which git-lfs finds its server (`man git-lfs-config`)."""
LFS_REMEDY = "Are all its objects on the host? `git lfs push --all origin` sends them."
NOTHING_FOUND = 1


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
        await self._check_lfs_addresses(into)
        await self._run(into, remote, "The LFS objects could not be fetched", [*LFS_FILTER, "lfs", "pull"], LFS_REMEDY)

    async def _check_lfs_addresses(self, into: Path) -> None:
        """git-lfs would read `file://` from this machine's disk, where other repositories lie, and hand `ssh://` to ssh."""
        settings = into / ".lfsconfig"
        if not settings.exists() and not settings.is_symlink():
            return
        if settings.is_symlink():
            raise NotPossible("The repository's .lfsconfig is a symbolic link. Make it a file.")
        try:
            found = await self._git.run(into, "config", "--file", ".lfsconfig", "-z", "--get-regexp", LFS_ADDRESS)
        except GitFailed as error:
            if error.status == NOTHING_FOUND:
                return
            raise NotPossible(f"The repository's .lfsconfig can't be read: {last_line(error.errors)}.") from None
        addresses = [setting.partition(b"\n")[2] for setting in found.split(b"\0") if setting]
        if not all(address.startswith((b"https://", b"http://")) for address in addresses):
            raise NotPossible(
                "The repository's .lfsconfig names an LFS server that is not reached by http or https. Give its https address."
            )

    async def _run(self, into: Path, remote: GitRemote, what: str, arguments: list[str], remedy: str = "") -> None:
        environment = credential_environment(remote, self._askpass)
        try:
            await self._git.run_remote(Command(arguments, into, environment), self._timeout)
        except GitFailed as error:
            host = urlsplit(remote.url).hostname or "its host"
            reason = last_line(error.errors, remote.password)
            raise NotPossible(
                f"{what}: {reason}. Only {host} is given the bot's credentials. {remedy}".strip()
            ) from None
