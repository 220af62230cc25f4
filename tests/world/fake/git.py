"""Bare repositories for the fake hosts. What they hold is made and read by libgit2, since hundreds of stories ask for little things and a
process each would be half of their time; who fetches and pushes talks to real git (`backend`). Nothing of accounts or HTTP.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import ConfigLevel, DeltaStatus, FileMode, ObjectType, SortMode

CONFIG = {
    "http.receivepack": "true",
    # Any reachable commit can be fetched by its id, and partial clones are served.
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "core.logAllRefUpdates": "false",
    "gc.auto": "0",
}

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C.UTF-8",
}

NOBODY = ("fake", "fake@example.test")

for _level in (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
    pygit2.settings.search_path[_level] = (
        ""  # as ENVIRONMENT does for git: whoever runs the suite has settings of their own
    )


class GitFailed(Exception):
    """git said no; the text is what it said."""


@dataclass(frozen=True)
class Commit:
    """What a push payload tells of a commit."""

    sha: str
    tree: str
    author: str
    email: str
    authored_at: str
    committed_at: str
    message: str
    changes: Mapping[str, list[str]] = field(default_factory=dict)


class BareRepository:
    """Its verbs may be awaited for long, like those of any host: none promises to have happened before it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._described: dict[str, Commit] = {}

    @cached_property
    def _objects(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))

    async def create(self, default_branch: str) -> None:
        pygit2.init_repository(str(self.path), bare=True, initial_head=default_branch)
        lines = "".join(f"[{key.rpartition('.')[0]}]\n\t{key.rpartition('.')[2]} = {CONFIG[key]}\n" for key in CONFIG)
        with (self.path / "config").open("a") as config:
            config.write(lines)

    async def git(self, *arguments: str) -> str:
        """What git itself prints, for what is asked rarely."""
        process = await asyncio.create_subprocess_exec(
            "git",
            f"--git-dir={self.path}",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
        )
        out, err = await process.communicate()
        if process.returncode:
            raise GitFailed(f"{arguments[:2]}: {err.decode(errors='replace')}")
        return out.decode("utf-8", "surrogateescape")

    async def refs(self) -> dict[str, str]:
        """Each with what it points at: a tag object, where there is one."""
        found = self._objects.references
        return {name: str(found[name].resolve().target) for name in sorted(found)}

    async def point(self, ref: str, commit: str | None) -> None:
        """Set a ref, wherever it pointed; None removes it."""
        if commit is None:
            self._objects.references.delete(ref)
        else:
            self._objects.references.create(ref, commit, force=True)

    async def commit_of(self, name: str) -> str | None:
        """The commit that a ref or an id names."""
        try:
            return str(self._objects.revparse_single(name).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            return None

    async def object_of(self, ref: str) -> str | None:
        """What an exact ref points at, a tag object included."""
        return (await self.refs()).get(ref)

    async def reaches(self, after: str, before: str) -> bool:
        """Whether `after` is `before`, or comes after it."""
        return after == before or self._objects.descendant_of(after, before)

    async def commit(
        self, branch: str, files: Mapping[str, str | None], message: str, author: str, at: int, parent: str | None
    ) -> str:
        """Put a commit on a branch, whatever was there; a file that is None is removed."""
        index = pygit2.Index()
        if parent:
            index.read_tree(self._objects[parent].peel(pygit2.Tree))
        for path, content in files.items():
            if content is not None:
                blob = self._objects.create_blob(content.encode("utf-8", "surrogateescape"))
                index.add(pygit2.IndexEntry(path, blob, FileMode.BLOB))
            else:
                with suppress(OSError):
                    index.remove(path)
        who = pygit2.Signature(author, f"{author}@users.noreply.example.test", at, 0)
        return self._committed(f"refs/heads/{branch}", who, message, index, [parent] if parent else [])

    async def tag(self, name: str, commit: str, message: str) -> str:
        """An annotated tag; the tag object's id comes back."""
        tagger = pygit2.Signature(*NOBODY, 1_700_000_000, 0)
        return str(self._objects.create_tag(name, commit, ObjectType.COMMIT, tagger, f"{message}\n"))

    async def merge(self, into: str, commit: str, message: str, at: int) -> str:
        """A merge commit on a branch, made without a work tree."""
        ref = f"refs/heads/{into}"
        ours = str(self._objects.references[ref].target)
        index = self._objects.merge_commits(ours, commit)
        if index.conflicts is not None:
            raise GitFailed(f"{commit} does not merge into {into}")
        return self._committed(ref, pygit2.Signature(*NOBODY, at, 0), f"{message}\n", index, [ours, commit])

    def _committed(self, ref: str, who: pygit2.Signature, message: str, index: pygit2.Index, parents: list[str]) -> str:
        tree = index.write_tree(self._objects)
        made = self._objects.create_commit(None, who, who, message.encode("utf-8", "surrogateescape"), tree, parents)
        self._objects.references.create(ref, made, force=True)
        return str(made)

    async def commits(self, before: str | None, after: str, limit: int) -> list[Commit]:
        """What `after` has and `before` has not, oldest first, at most the newest `limit`."""
        walk = self._objects.walk(after, SortMode.TOPOLOGICAL | SortMode.TIME)
        if before:
            walk.hide(before)
        listed = [str(one.id) for one, _ in zip(walk, range(limit), strict=False)]
        return [await self.describe(sha) for sha in reversed(listed)]

    async def describe(self, sha: str) -> Commit:
        """A commit never changes, so it is looked at once."""
        if sha not in self._described:
            self._described[sha] = self._describe(self._objects[sha].peel(pygit2.Commit))
        return self._described[sha]

    def _describe(self, commit: pygit2.Commit) -> Commit:
        changes: dict[str, list[str]] = {"A": [], "D": [], "M": []}
        for kind, path in self._changes(commit):
            changes[kind].append(path)
        return Commit(
            str(commit.id),
            str(commit.tree_id),
            _text(commit.author.raw_name),
            _text(commit.author.raw_email),
            _moment(commit.author),
            _moment(commit.committer),
            _text(commit.raw_message).rstrip("\n"),
            changes,
        )

    def _changes(self, commit: pygit2.Commit) -> list[tuple[str, str]]:
        """As a host tells them: against the only parent; of a merge, none."""
        if len(commit.parents) > 1:
            return []
        diff = (
            commit.parents[0].tree.diff_to_tree(commit.tree) if commit.parents else commit.tree.diff_to_tree(swap=True)
        )
        kinds = {DeltaStatus.ADDED: "A", DeltaStatus.DELETED: "D"}
        return [(kinds.get(one.status, "M"), _text(one.new_file.raw_path)) for one in diff.deltas]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _moment(who: pygit2.Signature) -> str:
    """ISO 8601, with the offset of whoever it was."""
    zone = timezone(timedelta(minutes=who.offset)) if who.offset else UTC
    return datetime.fromtimestamp(who.time, zone).isoformat()
