"""Large files: the pointers of a work tree replaced by their contents, by git-lfs, from the server that the repository names.

https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md
"""

from dataclasses import replace
from pathlib import Path

from bot.ports import GitRemote, SourceRefused
from bot.sources.access import LFS, Access, is_web
from bot.sources.credentials import credential_environment
from bot.sources.failures import NotPossible, last_line
from bot.sources.git import Command, Git, GitFailed

FILTER = (
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
ADDRESS = r"^(lfs\.url|remote\..*\.lfsurl)$"
"""The settings of a repository's `.lfsconfig` by which git-lfs finds its server (`man git-lfs-config`)."""
REMEDY = "Are all its objects on the host? `git lfs push --all origin` sends them."
NOTHING_FOUND = 1


class LargeFiles:
    """Fetches them into work trees. The password goes with a request only where `Access` opens the server's address."""

    def __init__(self, git: Git, askpass: Path, timeout: float) -> None:
        self._git = git
        self._askpass = askpass
        self._timeout = timeout

    async def add(self, into: Path, what: str, remote: GitRemote, access: Access) -> None:
        """`what` they are the large files of, in words; `remote` is where that repository is.

        Raises NotPossible, HostUnavailable.
        """
        await self._check_installed()
        endpoint = _endpoint(remote.url)
        address = await self._address(into, what) or endpoint
        why = "" if address == endpoint else await _refusal(address, access)
        # Of a server on the remote's host git-lfs asks the password for the remote's own address, whatever repository it is
        # the server of: so the environment answers for that one, and whether it may is decided here.
        asked = remote if address == endpoint else replace(access.own, url=remote.url)
        environment = {} if why else credential_environment(asked, self._askpass)
        # Ours is the last word: git-lfs obeys it before `.lfsconfig`.
        arguments = ["-c", f"lfs.url={address}", *FILTER, "lfs", "pull"]
        try:
            await self._git.run_remote(Command(arguments, into, environment), self._timeout)
        except GitFailed as error:
            said = last_line(error.errors, access.own.password)
            reason = f"{said}. {REMEDY}" if environment else access.refusal(address, said, why)
            raise NotPossible(f"The LFS objects of {what} could not be fetched: {reason}") from None

    async def _check_installed(self) -> None:
        try:
            await self._git.run(Path("/"), "lfs", "version")
        except GitFailed:
            raise NotPossible(
                "The pipeline asks for Git LFS (checkout: lfs), and git-lfs is not installed where Penstock runs. Install it there."
            ) from None

    async def _address(self, into: Path, what: str) -> str:
        """The server that `.lfsconfig` names, "" for none.

        git-lfs would read `file://` from this machine's disk, where other repositories lie, and hand `ssh://` to ssh.
        """
        settings = into / ".lfsconfig"
        if settings.is_symlink():
            raise NotPossible(f"The .lfsconfig of {what} is a symbolic link. Make it a file.")
        if not settings.exists():
            return ""
        try:
            found = await self._git.run(into, "config", "--file", ".lfsconfig", "-z", "--get-regexp", ADDRESS)
        except GitFailed as error:
            if error.status == NOTHING_FOUND:
                return ""
            raise NotPossible(f"The .lfsconfig of {what} can't be read: {last_line(error.errors)}.") from None
        named = dict(
            setting.partition("\n")[::2] for setting in found.decode("utf-8", "replace").split("\0") if setting
        )
        if not all(is_web(address) for address in named.values()):
            raise NotPossible(
                f"The .lfsconfig of {what} names an LFS server that is not reached by http or https. Give its https address."
            )
        # As git-lfs ranks them; there is no other remote than this one in a work tree.
        return (named.get("lfs.url") or named.get("remote.origin.lfsurl", "")).rstrip("/")


async def _refusal(address: str, access: Access) -> str:
    """Why the credentials are not for a server that the repository names; "" when they are."""
    name = access.name(address)
    if not name:
        return "the bot's credentials are for the repositories of its host alone"
    try:
        await access.open(name)
    except SourceRefused as refused:
        return str(refused)
    return ""


def _endpoint(url: str) -> str:
    """Where a repository's large files are unless it says otherwise."""
    return url.rstrip("/").removesuffix(".git") + ".git" + LFS
