"""The few files that make a folder a Git repository, written by hand: a bare mirror and a work tree's `.git`.

A process to write six lines would cost more than the rest of a small checkout.
"""

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

SHA256 = 64
HELD = "refs/penstock"
"""Each wanted commit has a ref here, named by its id: what it reaches is kept. The file's time is when it was last wanted."""


def make_mirror(folder: Path, id_length: int) -> None:
    """An empty bare repository. It appears whole or not at all."""
    if folder.exists():
        return
    fresh = folder.with_name(f".{folder.name}.{uuid4().hex}")
    (fresh / "objects" / "pack").mkdir(parents=True, mode=0o700)
    (fresh / HELD).mkdir(parents=True)
    (fresh / "HEAD").write_text("ref: refs/heads/main\n")
    (fresh / "config").write_text(_core(id_length, bare=True))
    fresh.rename(folder)


def hold(git_dir: Path, commit: str) -> None:
    """Keep the commit's objects from being pruned, and note that it was wanted now."""
    ref = git_dir / HELD / commit
    if holds(ref):
        os.utime(ref)
    while not holds(ref):
        fresh = ref.with_name(f"{commit}.{uuid4().hex}.lock")
        fresh.write_text(f"{commit}\n")
        # A fetch that begins just now may take it for a killed one's and sweep it away.
        with suppress(FileNotFoundError):
            fresh.rename(ref)


def keep_while_there(git_dir: Path, commit: str, into: Path) -> None:
    """Keep a held commit as long as the work tree at `into` is there: their link, a second name of the ref, ends with it.

    Wherever the work tree is moved to. On different disks there are no such links: there the commit stays for as long
    as one that was wanted just now.
    """
    with suppress(OSError):
        os.link(git_dir / HELD / commit, into / ".git" / "penstock-held")


def is_borrowed(ref: os.stat_result) -> bool:
    """Whether a work tree is there that keeps the commit of this ref."""
    return ref.st_nlink > 1


class Ends:
    """Commits at which walking back may end, as `in` answers: held, so there with all they reach, or cut off on purpose."""

    def __init__(self, git_dir: Path) -> None:
        self._held = git_dir / HELD
        self._cut = cut(git_dir)

    def __contains__(self, commit: object) -> bool:
        return commit in self._cut or (isinstance(commit, str) and holds(self._held / commit))


def holds(ref: Path) -> bool:
    """Whether it is such a ref as `hold` writes; a power cut may leave an empty one."""
    try:
        return ref.read_bytes() == f"{ref.name}\n".encode()
    except FileNotFoundError:
        return False


def cut(git_dir: Path) -> frozenset[str]:
    """The commits whose parents were left at the host."""
    try:
        return frozenset((git_dir / "shallow").read_text().split())
    except FileNotFoundError:
        return frozenset()


def make_work_tree(
    into: Path, commit: str, objects: Path, url: str, shallow: Iterable[str], refs: Mapping[str, str]
) -> None:
    """`.git` of a work tree: HEAD detached at the commit, objects borrowed, history cut where `shallow` says."""
    git_dir = into / ".git"
    (git_dir / "objects" / "info").mkdir(parents=True)
    (git_dir / "objects" / "pack").mkdir()
    (git_dir / "refs" / "heads").mkdir(parents=True)
    (git_dir / "HEAD").write_text(f"{commit}\n")
    (git_dir / "objects" / "info" / "alternates").write_text(f"{objects}\n")
    (git_dir / "config").write_text(_core(len(commit), bare=False) + _origin(url))
    if lines := "".join(f"{one}\n" for one in sorted(shallow)):
        (git_dir / "shallow").write_text(lines)
    if refs:
        packed = "".join(f"{oid} {name}\n" for name, oid in sorted(refs.items()))
        (git_dir / "packed-refs").write_text(
            f"# pack-refs with: sorted\n{packed}", encoding="utf-8", errors="surrogateescape"
        )


def register_submodule(into: Path, name: str, url: str) -> None:
    """Let git's own commands in the work tree know the submodule as one that is in use."""
    if name.isprintable() and url.isprintable():
        with (into / ".git" / "config").open("a", encoding="utf-8", errors="surrogateescape") as config:
            config.write(f'[submodule "{_quoted(name)}"]\n\tactive = true\n\turl = "{_quoted(url)}"\n')


def _core(id_length: int, *, bare: bool) -> str:
    sha256 = id_length == SHA256
    extension = "[extensions]\n\tobjectformat = sha256\n" if sha256 else ""
    return (
        f"[core]\n\trepositoryformatversion = {int(sha256)}\n\tfilemode = true\n\tbare = {str(bare).lower()}\n"
        f"\tlogallrefupdates = {str(not bare).lower()}\n{extension}"
    )


def _origin(url: str) -> str:
    if not url or not url.isprintable():
        return ""
    return f'[remote "origin"]\n\turl = "{_quoted(url)}"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'


def _quoted(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", text)
