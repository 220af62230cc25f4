"""Bare repositories for the fake hosts, made and changed by real git. Nothing of accounts or HTTP."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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

NOBODY = "fake <fake@example.test>"


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
    def __init__(self, path: Path) -> None:
        self.path = path
        self._described: dict[str, Commit] = {}

    async def create(self, default_branch: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        await _run(
            "git", "init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}", str(self.path)
        )
        lines = "".join(f"[{key.rpartition('.')[0]}]\n\t{key.rpartition('.')[2]} = {CONFIG[key]}\n" for key in CONFIG)
        with (self.path / "config").open("a") as config:
            config.write(lines)

    async def git(self, *arguments: str, stdin: bytes = b"") -> str:
        return (await _run("git", f"--git-dir={self.path}", *arguments, stdin=stdin)).decode("utf-8", "surrogateescape")

    async def refs(self) -> dict[str, str]:
        lines = (await self.git("for-each-ref", "--format=%(refname) %(objectname)")).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    async def commit_of(self, name: str) -> str | None:
        """The commit that a ref or an id names."""
        try:
            return (
                await self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            ).strip()
        except GitFailed:
            return None

    async def object_of(self, ref: str) -> str | None:
        """What an exact ref points at, a tag object included."""
        try:
            return (await self.git("show-ref", "--verify", "--hash", "--", ref)).strip()
        except GitFailed:
            return None

    async def commit(
        self, branch: str, files: Mapping[str, str | None], message: str, author: str, at: int, parent: str | None
    ) -> str:
        """Put a commit on a branch, whatever was there; a file that is None is removed. One process."""
        stamp = f"{author} <{author}@users.noreply.example.test> {at} +0000"
        parts = [f"commit refs/heads/{branch}\nmark :1\nauthor {stamp}\ncommitter {stamp}\n".encode(), _data(message)]
        if parent:
            parts.append(f"from {parent}\n".encode())
        for path, content in files.items():
            if content is None:
                parts.append(f"D {_quoted(path)}\n".encode())
            else:
                parts += [f"M 100644 inline {_quoted(path)}\n".encode(), _data(content)]
        parts.append(b"\nget-mark :1\n")
        return (await self.git("fast-import", "--quiet", "--force", stdin=b"".join(parts))).strip()

    async def tag(self, name: str, commit: str, message: str) -> str:
        """An annotated tag; the tag object's id comes back."""
        text = f"object {commit}\ntype commit\ntag {name}\ntagger {NOBODY} 1700000000 +0000\n\n{message}\n"
        made = (await self.git("mktag", stdin=text.encode())).strip()
        await self.git("update-ref", f"refs/tags/{name}", made)
        return made

    async def merge(self, into: str, commit: str, message: str, at: int) -> str:
        """A merge commit on a branch, made without a work tree."""
        ours = f"refs/heads/{into}"
        tree = (await self.git("merge-tree", "--write-tree", ours, commit)).splitlines()[0]
        stamp = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _identity(at).items()}
        made = await _run(
            "git",
            f"--git-dir={self.path}",
            *("commit-tree", tree, "-p", ours, "-p", commit, "-m", message),
            environment=stamp,
        )
        await self.git("update-ref", ours, made.decode().strip())
        return made.decode().strip()

    async def commits(self, before: str | None, after: str, limit: int) -> list[Commit]:
        """What `after` has and `before` has not, oldest first, at most the newest `limit`."""
        wanted = [after, f"^{before}"] if before else [after]
        listed = (await self.git("rev-list", "--reverse", f"--max-count={limit}", *wanted)).split()
        return [await self.describe(sha) for sha in listed]

    async def describe(self, sha: str) -> Commit:
        """A commit never changes, so it is looked at once."""
        if sha not in self._described:
            self._described[sha] = await self._describe(sha)
        return self._described[sha]

    async def _describe(self, sha: str) -> Commit:
        form = "--format=%H%x00%T%x00%an%x00%ae%x00%aI%x00%cI%x00%B"
        (name, tree, author, email, authored_at, committed_at, message) = (
            await self.git("log", "-1", form, sha)
        ).split("\0")
        names = await self.git(
            "diff-tree", "--root", "-r", "-z", "--no-commit-id", "--no-renames", "--name-status", sha
        )
        changes: dict[str, list[str]] = {"A": [], "D": [], "M": []}
        words = iter(names.rstrip("\0").split("\0") if names else [])
        for kind, path in zip(words, words, strict=True):
            changes["M" if kind == "T" else kind].append(path)
        return Commit(name, tree, author, email, authored_at, committed_at, message.rstrip("\n"), changes)


async def _run(*argv: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT | dict(environment or {}),
    )
    out, err = await process.communicate(stdin)
    if process.returncode:
        raise GitFailed(f"{argv[2:4]}: {err.decode(errors='replace')}")
    return out


def _data(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    return b"data %d\n%s\n" % (len(raw), raw)


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _identity(at: int) -> dict[str, str]:
    return {"NAME": "fake", "EMAIL": "fake@example.test", "DATE": f"{at} +0000"}
