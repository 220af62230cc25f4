"""The branches and tags that a repository has on its host, in one call of git's own: no pages, and no host counts it as a call of its API.

Neither hidden refs nor those of pull requests are asked for (protocol v2 tells only what is): https://git-scm.com/docs/git-ls-remote
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.model.repository import Ref, RefKind
from bot.ports import GitRemote, HostUnavailable
from bot.sources.credentials import bare_url, credential_environment
from bot.sources.failures import Missing, TipsOnly, is_commit_id, judge
from bot.sources.git import Command, Git, GitFailed

TIMEOUT = 60.0
PEELED = "^{}"
"""Behind an annotated tag's name: the commit that it names, told in the line after the tag object's own."""

_LINE = "%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)%09%(refname)"
"""The same of a repository on this machine, with the commit in the place of the tag object."""

_KINDS = {"refs/heads/": RefKind.BRANCH, "refs/tags/": RefKind.TAG}


class Listings:
    """Asks hosts from `directory`, where no repository is that git could take for the one meant."""

    def __init__(self, git: Git, askpass: Path, directory: Path) -> None:
        self._git = git
        self._askpass = askpass
        self._directory = directory

    async def of(self, remote: GitRemote) -> Mapping[Ref, str]:
        """The commit of each branch and tag. Raises ProviderError, GitFailed."""
        if remote.path is not None:
            return read(await self._git.run(remote.path, "--git-dir=.", "for-each-ref", f"--format={_LINE}", *_KINDS))
        url = bare_url(remote.url)
        environment = credential_environment(remote, self._askpass)
        arguments = ("ls-remote", "--quiet", "--heads", "--tags", "--", url)
        try:
            output = await self._git.run_remote(Command(arguments, self._directory, environment), TIMEOUT)
        except GitFailed as error:
            verdict = judge(error, (), urlsplit(url).hostname or "The host", remote.password)
            if isinstance(verdict, Missing | TipsOnly):
                raise HostUnavailable("The host gave no list of its branches.") from None
            raise verdict from None
        return read(output)


def read(output: bytes) -> Mapping[Ref, str]:
    """What `git ls-remote` wrote. A name that is no UTF-8 can't be a lane's, and is left out."""
    found: dict[Ref, str] = {}
    for line in output.splitlines():
        commit, _, raw = line.partition(b"\t")
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            continue
        for prefix, kind in _KINDS.items():
            short = name.removeprefix(prefix).removesuffix(PEELED)
            if name.startswith(prefix) and short and is_commit_id(commit.decode("ascii", "replace")):
                found[Ref(kind, short)] = commit.decode()
    return found
