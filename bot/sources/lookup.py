"""Questions about commits, answered from an open `cat-file`: the commit, its files, how far its history reaches.

Paths are walked tree by tree, never handed to git's name syntax: any byte may stand in them.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from bot.ports import EntryKind, Listing
from bot.sources.content import GITLINK, MESSAGE_LIMIT, SYMLINK, TREE, CommitObject, TreeEntry, parse_commit, parse_tree
from bot.sources.failures import NotPossible
from bot.sources.objects import CatFile

TREE_LIMIT = 32 << 20
FILE_LIMIT = 2 << 20
FOLDER_LIMIT = 500
TOTAL_LIMIT = 32 << 20
COMMIT_LIMIT = MESSAGE_LIMIT + (1 << 16)
WALKED = 256
LISTED = 20_000

_KINDS = {TREE: EntryKind.FOLDER, SYMLINK: EntryKind.LINK, GITLINK: EntryKind.SUBMODULE}


@dataclass(frozen=True, slots=True)
class History:
    """What is there of a commit's history down to a depth. `edge`: commits whose parents lie beyond."""

    complete: bool
    edge: tuple[str, ...]


def read_commit(cat: CatFile, commit: str) -> CommitObject | None:
    """The commit, also through an annotated tag's id; None when it is not there or is no commit."""
    found = cat.read(commit, COMMIT_LIMIT)
    if found is not None and found.kind == "tag":
        found = cat.read(f"{commit}^{{commit}}", COMMIT_LIMIT)
    return parse_commit(found.id, found.data) if found is not None and found.kind == "commit" else None


def read_history(cat: CatFile, commit: str, depth: int) -> History:
    """Walk `depth` generations, the commit being the first. Commits that are there are whole: packs appear whole."""
    first = read_commit(cat, commit)
    if first is None:
        return History(complete=False, edge=())
    seen, edge, complete = {first.id}, [], True
    generation = [first]
    for level in range(1, depth + 1):
        following: list[CommitObject] = []
        for one in generation:
            parents = [] if level == depth else [read_commit(cat, parent) for parent in one.parents]
            present = [parent for parent in parents if parent is not None]
            complete &= len(present) == len(parents)
            if len(present) < len(one.parents):
                edge.append(one.id)
            else:
                following += [parent for parent in present if parent.id not in seen]
                seen.update(parent.id for parent in present)
        generation = list({one.id: one for one in following}.values())
    return History(complete, tuple(edge))


def is_rooted(cat: CatFile, commit: str, ends: Container[str]) -> bool:
    """Whether every way back from the commit ends at a root or at one of `ends`, none at a commit that is not there.

    A killed fetch leaves commits whose history was neither brought nor cut off. Git takes what a ref reaches for complete
    and lets the host leave it out, so such a commit must not get a ref. A history too long to walk counts as not rooted.
    """
    seen, waiting = {commit}, [commit]
    while waiting:
        oid = waiting.pop()
        if oid in ends:
            continue
        found = read_commit(cat, oid)
        if found is None or len(seen) > WALKED:
            return False
        if found.id in ends:
            continue
        waiting += [parent for parent in found.parents if parent not in seen]
        seen.update(found.parents)
    return True


def read_files(cat: CatFile, commit: CommitObject, paths: Sequence[str]) -> dict[str, bytes]:
    """The files among `paths`; one that ends in `/` stands for the files right in that folder. Longer ones are cut."""
    trees = _Trees(cat)
    found: dict[str, bytes] = {}
    left = TOTAL_LIMIT
    for path in paths:
        for name, oid in trees.files(commit.tree, path).items():
            blob = cat.read(oid, FILE_LIMIT)
            found[name] = blob.data if blob is not None else b""
            left -= len(found[name])
            if left < 0:
                raise NotPossible(f"The files of {path} are larger than {TOTAL_LIMIT >> 20} MiB together.")
    return found


def list_files(cat: CatFile, commit: CommitObject, folders: Sequence[str]) -> Listing:
    """Everything below the folders, "" being all there is."""
    trees, found = _Trees(cat), list[str]()
    begun = [(folder, trees.folder(commit.tree, folder)) for folder in folders]
    waiting = [(folder, entry.id) for folder, entry in begun if entry is not None and entry.mode == TREE]
    whole = all(entry is None or entry.mode == TREE for _, entry in begun)
    while waiting:
        folder, tree = waiting.pop()
        for name, entry in trees.entries(tree).items():
            path = f"{folder}/{name.decode('utf-8', 'replace')}" if folder else name.decode("utf-8", "replace")
            if entry.mode == TREE:
                waiting.append((path, entry.id))
            elif entry.mode == GITLINK:
                whole = False
            elif entry.is_file:
                found.append(path)
        if len(found) + len(waiting) > LISTED:
            return Listing(tuple(found), whole=False)
    return Listing(tuple(found), whole)


def read_kinds(cat: CatFile, commit: CommitObject, names: Sequence[str]) -> dict[str, EntryKind]:
    """What lies in the root under those names."""
    entries = _Trees(cat).entries(commit.tree)
    found = {name: entries.get(name.encode("utf-8", "surrogateescape")) for name in names}
    return {name: _KINDS.get(entry.mode, EntryKind.FILE) for name, entry in found.items() if entry is not None}


class _Trees:
    """The trees met on the way to some paths, each read once."""

    def __init__(self, cat: CatFile) -> None:
        self._cat = cat
        self._read: dict[str, dict[bytes, TreeEntry]] = {}

    def files(self, root: str, path: str) -> dict[str, str]:
        """Names and ids of the files that a path stands for, none when it is not there."""
        *folders, name = path.encode("utf-8", "surrogateescape").split(b"/")
        entries: dict[bytes, TreeEntry] = self.entries(root)
        for folder in [] if path == "/" else folders:
            entry = entries.get(folder)
            entries = self.entries(entry.id) if entry is not None and entry.mode == TREE else {}
        if name:
            entry = entries.get(name)
            return {path: entry.id} if entry is not None and entry.is_file else {}
        files = [entry for entry in entries.values() if entry.is_file] if path else []
        if len(files) > FOLDER_LIMIT:
            raise NotPossible(f"The folder {path} holds more than {FOLDER_LIMIT} files.")
        prefix = path.lstrip("/")
        return {prefix + entry.name.decode("utf-8", "replace"): entry.id for entry in files}

    def folder(self, root: str, path: str) -> TreeEntry | None:
        """The folder, or the submodule that it would be in; None where there is no such."""
        entry = TreeEntry(TREE, b"", root)
        for name in filter(None, path.encode("utf-8", "surrogateescape").split(b"/")):
            found = self.entries(entry.id).get(name)
            if found is None or found.mode not in (TREE, GITLINK):
                return None
            entry = found
            if entry.mode == GITLINK:
                break
        return entry

    def entries(self, tree: str) -> dict[bytes, TreeEntry]:
        if tree not in self._read:
            found = self._cat.read(tree, TREE_LIMIT)
            entries = parse_tree(found.data, len(tree)) if found is not None else ()
            self._read[tree] = {entry.name: entry for entry in entries}
        return self._read[tree]
