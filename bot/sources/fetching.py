"""One fetch from a host: exactly the wanted commits, by their ids. Commits that are gone do not spoil the others.

When fetches run, and who waits for them, is `mirror`'s affair.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.ports import GitRemote
from bot.sources.credentials import bare_url, credential_environment
from bot.sources.failures import Missing, TipsOnly, judge
from bot.sources.git import Command, Git, GitFailed
from bot.sources.layout import HELD
from bot.sources.lock import MirrorLock

EVERYTHING = "2147483647"
"""Git's own number for infinite depth: unlike --unshallow it is no error where nothing is shallow."""

BRANCHES_AND_TAGS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one fetch brings. `depth` 0: whole history, with the branches and tags that belong to it."""

    commits: frozenset[str]
    depth: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """`gone`: the host does not have them. `by_tips`: all branches came instead, and what is among them must be looked up."""

    gone: frozenset[str] = frozenset()
    by_tips: bool = False


class Fetcher:
    """Fetches into mirrors. `askpass` is the program that hands git the password."""

    def __init__(self, git: Git, askpass: Path, timeout: float) -> None:
        self._git = git
        self._askpass = askpass
        self._timeout = timeout

    async def fetch(
        self, git_dir: Path, lock: MirrorLock, remote: GitRemote, wanted: Wanted, *, whole: bool
    ) -> Fetched:
        """`whole`: the mirror holds whole histories, which stay whole. Raises ProviderError, GitFailed."""
        left, gone = set(wanted.commits), set[str]()
        while left:
            verdict = await self._try(
                git_dir, lock, remote, _options(git_dir, wanted.depth, whole=whole), _refspecs(left, wanted.depth)
            )
            if verdict is None:
                break
            if isinstance(verdict, TipsOnly):
                return await self._fetch_tips(git_dir, lock, remote)
            if not isinstance(verdict, Missing):
                raise verdict
            gone |= verdict.commits
            left -= verdict.commits
        return Fetched(frozenset(gone))

    async def fetch_alone(
        self, git_dir: Path, lock: MirrorLock, remote: GitRemote, commit: str, depth: int, *, whole: bool
    ) -> bool:
        """One commit by its id, with nothing beside it, from another repository than the mirror's own; whether it was there.
        Raises ProviderError, GitFailed.
        """
        options = [f"--depth={depth}"] if depth and not whole else []
        verdict = await self._try(git_dir, lock, remote, options, [f"+{commit}:{HELD}/{commit}"])
        if isinstance(verdict, Exception):
            raise verdict
        return verdict is None

    async def _fetch_tips(self, git_dir: Path, lock: MirrorLock, remote: GitRemote) -> Fetched:
        """From a host that gives no commit by its id: everything, among which the commit is or is not."""
        options = _options(git_dir, depth=0, whole=False)
        verdict = await self._try(git_dir, lock, remote, options, BRANCHES_AND_TAGS)
        if isinstance(verdict, Exception):
            raise verdict
        return Fetched(by_tips=True)

    async def _try(
        self, git_dir: Path, lock: MirrorLock, remote: GitRemote, options: Iterable[str], refspecs: Iterable[str]
    ) -> Missing | TipsOnly | Exception | None:
        url = bare_url(remote.url)
        arguments = ["--git-dir=.", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        arguments += [*options, "--", url, *refspecs]
        environment = credential_environment(remote, self._askpass)
        command = Command(arguments, git_dir, environment, (lock.descriptor,), lock.note_writer)
        try:
            await self._git.run_remote(command, self._timeout)
        except GitFailed as error:
            names = {spec[1:].partition(":")[0] for spec in refspecs}
            return judge(error, names, urlsplit(url).hostname or "The host", remote.password)
        return None


def _options(git_dir: Path, depth: int, *, whole: bool) -> list[str]:
    if depth and not whole:
        return [f"--depth={depth}"]
    deepen = [f"--depth={EVERYTHING}"] if (git_dir / "shallow").exists() and not whole else []
    return [*deepen, "--prune"] if not depth else []


def _refspecs(commits: Iterable[str], depth: int) -> list[str]:
    by_id = [f"+{commit}:{HELD}/{commit}" for commit in sorted(commits)]
    return by_id if depth else [*by_id, *BRANCHES_AND_TAGS]
