"""Git as the host runs it: argv lists, an environment built from nothing, one configuration that repositories cannot change.

Reading and moving refs and objects is here; what a change means to people is not.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from providers.local.host.processes import Completed, Processes

NO_COMMIT = "0" * 40
COMMIT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
OUTPUT_LIMIT = 1 << 20
MOST_PATHS = 300
PATHS_LIMIT = 1 << 16

# fsckObjects: no malformed object comes in. allowAnySHA1InWant, allowFilter: the bot fetches one commit by its id, and partially.
# hideRefs: refs/pull/ is the host's own. autogc: off, since Git would leave a process behind; the host tidies itself.
CONFIG = """\
[core]
	hooksPath = {hooks}
	fsync = committed,reference
	fsyncMethod = batch
	logAllRefUpdates = false
[transfer]
	fsckObjects = true
[receive]
	advertisePushOptions = true
	denyDeleteCurrent = refuse
	hideRefs = refs/pull
	maxInputSize = {push_limit}
	autogc = false
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[http]
	receivepack = true
[gc]
	autoDetach = false
[safe]
	directory = *
[protocol "ext"]
	allow = never
[init]
	defaultBranch = main
"""


class GitFailed(Exception):
    """A Git command failed; `status` is its exit status and the text what it said."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said or f"git ended with status {status}")
        self.status = status


PROPOSALS = "refs/proposals/"


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref that moves: full name, and the object before and after (None: it was not there, will not be)."""

    ref: str
    before: str | None
    after: str | None

    @property
    def branch(self) -> str | None:
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None

    @property
    def source(self) -> str | None:
        """What a pull request calls it: a branch, or a proposal (`~ada/topic`)."""
        return f"~{self.ref.removeprefix(PROPOSALS)}" if self.ref.startswith(PROPOSALS) else self.branch


@dataclass(frozen=True, slots=True)
class CommitSummary:
    """A commit as pages and webhooks show it. `authored_at` is ISO 8601."""

    id: str
    message: str
    author: str
    authored_at: str

    @property
    def subject(self) -> str:
        return self.message.split("\n", 1)[0].strip()


@dataclass(frozen=True, slots=True)
class Branch:
    name: str
    head: str
    subject: str
    authored_at: str


class Git:
    """Git with the host's own configuration file at `config` and nobody else's."""

    def __init__(self, config: Path, hooks: Path, push_limit: int) -> None:
        self._config = config
        self._hooks = hooks
        self._push_limit = push_limit
        self.processes = Processes()

    def configure(self) -> None:
        """Write the configuration. The paths are ours; they are quoted as Git reads them."""
        hooks = str(self._hooks).replace("\\", "\\\\").replace('"', '\\"')
        self._config.write_text(CONFIG.format(hooks=f'"{hooks}"', push_limit=self._push_limit), encoding="utf-8")

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._config.parent),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._config),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ATTR_NOSYSTEM": "1",
            **(extra or {}),
        }

    async def run(self, path: Path, *arguments: str, env: Mapping[str, str] | None = None, data: bytes = b"") -> bytes:
        """What the command prints, the first OUTPUT_LIMIT bytes of it. Raises GitFailed."""
        done = await self._execute(path, arguments, OUTPUT_LIMIT, env, data)
        if done.status and len(done.output) <= OUTPUT_LIMIT:
            raise GitFailed(done.status, done.said.decode("utf-8", "replace").strip())
        return done.output[:OUTPUT_LIMIT]

    async def _execute(
        self,
        path: Path,
        arguments: Sequence[str],
        limit: int,
        env: Mapping[str, str] | None = None,
        data: bytes = b"",
    ) -> Completed:
        command = ("git", "--git-dir", str(path), *arguments)
        return await self.processes.complete(command, self.environment(env), data, limit)

    async def create(self, path: Path) -> None:
        await self.run(path, "init", "--quiet", "--bare", "--template=", str(path))

    async def ref(self, path: Path, name: str) -> str | None:
        """The object that a ref names. The name is matched whole: however spelled, it is never read as an expression."""
        if "\0" in name:
            return None
        try:
            return (await self.run(path, "show-ref", "--verify", "--hash", "--", name)).decode().strip() or None
        except GitFailed:
            return None

    async def branch_head(self, path: Path, branch: str) -> str | None:
        return await self.ref(path, f"refs/heads/{branch}")

    async def has_commit(self, path: Path, commit: str) -> bool:
        if not COMMIT_ID.fullmatch(commit):
            return False
        try:
            await self.run(path, "cat-file", "-e", f"{commit}^{{commit}}")
        except GitFailed:
            return False
        return True

    async def branches(self, path: Path, pattern: str = "refs/heads/", count: int = 100) -> list[Branch]:
        """Branches, the newest first."""
        output = await self.run(
            path,
            "for-each-ref",
            f"--count={count}",
            "--sort=-committerdate",
            "--format=%(refname:lstrip=2)%00%(objectname)%00%(contents:subject)%00%(authordate:iso-strict)",
            pattern,
        )
        rows = [line.split("\0") for line in output.decode("utf-8", "replace").splitlines() if line.count("\0") == 3]  # noqa: PLR2004
        return [Branch(*row) for row in rows]

    async def update_ref(self, path: Path, update: RefUpdate) -> None:
        """Move a ref, only if it still is where `update.before` says."""
        before = update.before or NO_COMMIT
        if update.after is None:
            await self.run(path, "update-ref", "-d", update.ref, before)
        else:
            await self.run(path, "update-ref", update.ref, update.after, before)

    async def commits(self, path: Path, tip: str, *, without: str = "", count: int = 1) -> list[CommitSummary]:
        """Commits reachable from `tip` and not from `without`, newest first. Empty when `tip` leads to no commit."""
        exclude = [f"^{without}"] if without else []
        form = "--format=%H%x00%an%x00%aI%x00%B%x00%x00"
        try:
            output = await self.run(
                path, "log", "-z", form, f"--max-count={count}", "--end-of-options", tip, *exclude, "--"
            )
        except GitFailed:
            return []
        records = output.decode("utf-8", "replace").split("\0\0\0")
        rows = [record.split("\0", 3) for record in records if record]
        return [CommitSummary(row[0], row[3].strip(), row[1], row[2]) for row in rows if len(row) == 4]  # noqa: PLR2004

    async def is_ancestor(self, path: Path, older: str, newer: str) -> bool:
        try:
            await self.run(path, "merge-base", "--is-ancestor", older, newer)
        except GitFailed:
            return False
        return True

    async def parents(self, path: Path, commit: str) -> list[str]:
        """None of a commit that is not there."""
        try:
            line = await self.run(path, "rev-list", "--parents", "--max-count=1", f"{commit}^{{commit}}")
        except GitFailed:
            return []
        return line.decode().split()[1:]

    async def merge_base(self, path: Path, one: str, other: str) -> str:
        """The newest common ancestor, "" when there is none."""
        try:
            return (await self.run(path, "merge-base", one, other)).decode().strip()
        except GitFailed:
            return ""

    async def changed_paths(self, path: Path, before: str, after: str) -> list[str] | None:
        """The paths that differ, None when they are too many to list or no UTF-8."""
        arguments = ("diff-tree", "-r", "-z", "--no-renames", "--name-only", before, after)
        done = await self._execute(path, arguments, PATHS_LIMIT)
        try:
            paths = done.output.decode().split("\0")[:-1]
        except UnicodeDecodeError:
            return None
        return paths if done.status == 0 and len(paths) <= MOST_PATHS else None

    async def merge(self, path: Path, target: str, source: str, message: str, author: str, at: float) -> str:
        """A merge commit of both, made without a work tree; nothing points at it yet. Raises GitFailed on conflicts."""
        tree = (await self.run(path, "merge-tree", "--write-tree", "--no-messages", target, source)).decode().split()[0]
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (
                ("NAME", author),
                ("EMAIL", f"{author}@penstock.invalid"),
                ("DATE", f"@{int(at)} +0000"),
            )
        }
        made = await self.run(path, "commit-tree", tree, "-p", target, "-p", source, env=who, data=message.encode())
        return made.decode().strip()

    async def tidy(self, path: Path) -> None:
        """Pack and drop what has piled up, if much has: Git decides. Commits that nothing names stay two weeks."""
        await self.run(path, "gc", "--auto", "--quiet")


def dump_updates(updates: Sequence[RefUpdate]) -> str:
    return orjson.dumps([[update.ref, update.before, update.after] for update in updates]).decode()


def load_updates(text: str) -> tuple[RefUpdate, ...]:
    return tuple(RefUpdate(*row) for row in orjson.loads(text))
