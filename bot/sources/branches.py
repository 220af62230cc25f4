"""Repositories that the bot itself changes: a few commits of a branch fetched into a repository of a moment, a commit made there without any
work tree, and pushed. Nothing of it stays.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from bot.model.repository import RefKind
from bot.ports import (
    Author,
    BranchCommit,
    BranchMoved,
    GitRemote,
    HostRefused,
    HostUnavailable,
    NewCommit,
    NoSpace,
    NotSigned,
    ProviderError,
    PushRefused,
)
from bot.sources.credentials import bare_url, credential_environment
from bot.sources.failures import FetchRefused, Missing, TipsOnly, judge, last_line
from bot.sources.git import Command, Git, GitFailed
from bot.sources.layout import make_mirror
from bot.sources.listing import Listings
from bot.sources.removal import remove, remove_now

DEPTH = 50
"""Commits of a branch that are looked through for one of the bot's own."""

AT_ONCE = 64
"""Paths of one call: a path may have thousands of characters."""

_MOVED = re.compile(
    r"^ ! .*(non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref|reference already exists)",
    re.MULTILINE,
)
"""In git's own line about a ref: what a hook says stands in lines of its own."""
_REFUSED = re.compile(r"\[remote rejected\]|protected branch|pre-receive hook declined|GH\d{3}", re.IGNORECASE)
_REASON = re.compile(r"^remote: +(?:error: |GitLab: |- )?(.*\S)", re.MULTILINE)
_WORDS = re.compile(r"\w")
NOBODY = Author("Penstock", "penstock@noreply.invalid")


class GitBranches:
    """See `bot.ports.Branches`. `directory` holds a repository for as long as it is open; `timeout` seconds for each call of a host."""

    def __init__(self, git: Git, askpass: Path, directory: Path, timeout: float) -> None:
        self._git = git
        self._askpass = askpass
        remove_now(directory)  # what a killed life has left
        directory.mkdir(parents=True, mode=0o700)
        self._directory = directory
        self._timeout = timeout
        self._listings = Listings(git, askpass, directory)

    @asynccontextmanager
    async def open(self, remote: GitRemote, branches: Sequence[str]) -> AsyncIterator["OpenGitBranches"]:
        folder = self._directory / uuid4().hex
        try:
            there = {
                ref.name: commit
                for ref, commit in (await self._listings.of(remote)).items()
                if ref.kind is RefKind.BRANCH
            }
            heads = {branch: there[branch] for branch in branches if branch in there}
            length = len(next(iter(there.values()), "0" * 40))
            make_mirror(folder, length)
            opened = OpenGitBranches(self._git, folder, heads, partial(self._remotely, remote, folder))
            await opened.fetch()
            yield opened
        finally:
            await remove(folder)

    async def _remotely(
        self, remote: GitRemote, folder: Path, arguments: Sequence[str], refspecs: Sequence[str]
    ) -> None:
        url = bare_url(remote.url)
        environment = credential_environment(remote, self._askpass)
        command = Command(["--git-dir=.", *arguments, url, *refspecs], folder, environment)
        try:
            await self._git.run_remote(command, self._timeout)
        except GitFailed as error:
            host, pushing = urlsplit(url).hostname or "The host", "push" in arguments
            raise meant(error, host, remote.password, pushing=pushing) from None


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    blob: str


def _chunks(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as fit on one command line."""
    for first in range(0, len(paths), AT_ONCE):
        yield paths[first : first + AT_ONCE]


def _by(author: Author, at: float) -> Mapping[str, str]:
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", author.name), ("EMAIL", author.email), ("DATE", f"@{int(at)} +0000"))
    }


@dataclass(frozen=True, slots=True)
class OpenGitBranches:
    """`heads` are the branches that are there, with their newest commits. `remotely` has git talk to where they are, its arguments before
    the address and behind it; it raises BranchMoved, HostRefused, HostUnavailable.
    """

    git: Git
    folder: Path
    heads: Mapping[str, str]
    remotely: Callable[[Sequence[str], Sequence[str]], Awaitable[None]]

    async def fetch(self) -> None:
        if not self.heads:
            return
        refspecs = [f"+refs/heads/{branch}:refs/heads/{branch}" for branch in self.heads]
        arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", f"--depth={DEPTH}", "--"]
        await self.remotely(arguments, refspecs)

    async def newest(self, branch: str) -> Sequence[BranchCommit]:
        if branch not in self.heads:
            return []
        log = await self._run("log", "-z", f"--max-count={DEPTH}", "--format=%H%n%B", f"refs/heads/{branch}", "--")
        records = log.decode("utf-8", "replace").split("\0")
        return [BranchCommit(*record.split("\n", 1)) for record in records if "\n" in record]

    async def read(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        return {
            path: await self._run("cat-file", "blob", entry.blob)
            for path, entry in (await self._entries(commit, paths)).items()
        }

    async def commit(self, new: NewCommit) -> str:
        parent, files, author = new.parent, new.files, new.author
        index = self._index
        await self._run("read-tree", parent, environment=index)
        there = await self._entries(parent, tuple(files))
        for chunk in _chunks(tuple(files)):
            blobs = await self._written([files[path] for path in chunk])
            entries = []
            for path, blob in zip(chunk, blobs, strict=True):
                mode = "100755" if path in new.executable else there[path].mode if path in there else "100644"
                entries += ["--cacheinfo", f"{mode},{blob},{path}"]
            await self._run("update-index", "--add", "--replace", *entries, environment=index)
        tree, before = (
            (await self._run("write-tree", environment=index)),
            await self._run("rev-parse", "--verify", f"{parent}^{{tree}}"),
        )
        if tree == before:
            return ""
        (self.folder / "message").write_text(new.message, encoding="utf-8", errors="replace")
        who = _by(author, new.at)
        arguments = ("commit-tree", tree.decode().strip(), "-p", parent, "-F", "message")
        if author.signing_key is None:
            return (await self._run(*arguments, environment=who)).decode().strip()
        return (await self._signed(author.signing_key, arguments, who)).decode().strip()

    async def _signed(self, key: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> bytes:
        """As git signs with SSH keys: https://git-scm.com/docs/git-config#Documentation/git-config.txt-gpgformat."""
        by = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}")
        try:
            return await self._run(*by, *arguments, "-S", environment=environment)
        except GitFailed as error:
            raise NotSigned(f"The commit can't be signed with {key.name}: {last_line(error.errors)}.") from None

    async def _entries(self, commit: str, paths: Sequence[str]) -> Mapping[str, "_Entry"]:
        """Those of the paths that are files; no links, which could lead elsewhere, and no folders."""
        found = {}
        for chunk in _chunks(paths):
            listed = await self._run("ls-tree", "-z", commit, "--", *chunk)
            for line in listed.decode("utf-8", "replace").split("\0"):
                about, _, name = line.partition("\t")
                if about.startswith("100"):
                    mode, _, blob = about.split()
                    found[name] = _Entry(mode, blob)
        return {path: found[path] for path in paths if path in found}

    async def _written(self, contents: Sequence[bytes]) -> list[str]:
        """As blobs."""
        names = [f"content-{number}" for number in range(len(contents))]
        for name, content in zip(names, contents, strict=True):
            (self.folder / name).write_bytes(content)
        return (await self._run("hash-object", "-w", "--no-filters", "--", *names)).decode().split()

    async def push(self, commit: str, branch: str, before: str) -> None:
        ref = f"refs/heads/{branch}"
        arguments = ["push", f"--force-with-lease={ref}:{before}", "--"]
        await self.remotely(arguments, [f"{commit}:{ref}"])

    async def remove(self, branch: str, before: str) -> None:
        await self.push("", branch, before)  # git's own way to say so: nothing is pushed there

    async def try_push(self) -> None:
        tree = await self._run("write-tree", environment=self._index)
        made = await self._run("commit-tree", tree.decode().strip(), "-m", "Tried", environment=_by(NOBODY, 0.0))
        await self.remotely(["push", "--dry-run", "--"], [f"{made.decode().strip()}:refs/heads/penstock/tried"])

    @property
    def _index(self) -> Mapping[str, str]:
        return {"GIT_INDEX_FILE": str(self.folder / "made-index")}

    async def _run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
        command = Command(["--git-dir=.", *arguments], self.folder, environment or {})
        return await self.git.run_local(command)


def has_moved(error: GitFailed) -> bool:
    """Whether a push came too late: somebody else's was there before."""
    return _MOVED.search(error.errors) is not None


def said_by(errors: str, secret: str = "") -> str:
    """The host's own words, which name the rule that was broken in one line and say more in others; "" where it has said nothing."""
    said = [line for line in _REASON.findall(errors) if _WORDS.search(line) and "://" not in line]
    words = " ".join(line if line.endswith((".", ":")) else f"{line}." for line in said)
    return last_line(words, secret) if said else ""


def meant(error: GitFailed, host: str, secret: str, *, pushing: bool = True) -> Exception:
    """Why a push or a fetch failed."""
    if has_moved(error):
        return BranchMoved()
    if _REFUSED.search(error.errors):
        return PushRefused(
            f"{host} refused the push: {said_by(error.errors, secret) or last_line(error.errors, secret)}."
        )
    verdict = judge(error, (), host, secret)
    if isinstance(verdict, FetchRefused):
        what = "push there" if pushing else "read it"
        return HostRefused(
            f"{host} does not let the bot {what}: {said_by(error.errors, secret) or last_line(error.errors, secret)}. Check what its token may do."
        )
    if isinstance(verdict, Missing | TipsOnly):
        return HostUnavailable(f"{host} did not give its branches.", host=host)
    return verdict if isinstance(verdict, ProviderError | NoSpace) else HostUnavailable(f"{host}: git failed")
