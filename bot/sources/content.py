"""Git's own formats, parsed: a commit object and a tree object. Pure; hostile bytes give poor values, never an exception."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

MESSAGE_LIMIT = 1 << 16
SYMLINK, TREE, GITLINK = "120000", "40000", "160000"


@dataclass(frozen=True, slots=True)
class CommitObject:
    """`id` is the commit's own, also when it was reached through a tag."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str
    authored_at: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    mode: str
    name: bytes
    id: str

    @property
    def is_file(self) -> bool:
        """A regular file. A symbolic link is none: what it points to is a work tree's affair."""
        return self.mode.startswith("100")


def parse_commit(oid: str, data: bytes) -> CommitObject:
    head, _, body = data.partition(b"\n\n")
    # A header that begins with a space continues the one before (a signature).
    headers = [line.partition(b" ")[::2] for line in head.split(b"\n") if not line.startswith(b" ")]
    first = dict(reversed(headers))
    return CommitObject(
        id=oid,
        tree=first.get(b"tree", b"").decode("ascii", "replace"),
        parents=tuple(value.decode("ascii", "replace") for name, value in headers if name == b"parent"),
        message=_text(body[:MESSAGE_LIMIT], first.get(b"encoding", b"utf-8")),
        authored_at=_date(first.get(b"author", b"")),
    )


def parse_tree(data: bytes, id_length: int) -> Iterator[TreeEntry]:
    """The entries of a raw tree; `id_length` is 40 or 64 hexadecimal digits."""
    size, at = id_length // 2, 0
    while at < len(data):
        end = data.find(b"\0", at)
        if end < 0 or end + 1 + size > len(data):
            return
        mode, _, name = data[at:end].partition(b" ")
        yield TreeEntry(mode.decode("ascii", "replace"), name, data[end + 1 : end + 1 + size].hex())
        at = end + 1 + size


def _text(data: bytes, encoding: bytes) -> str:
    try:
        text = data.decode(encoding.decode("ascii"), "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return text.replace("\0", "\ufffd").strip("\n")


def _date(author: bytes) -> str:
    """`Ada <ada@example.com> 1700000000 +0100` in ISO 8601, "" when it says no possible time."""
    found = re.search(rb" (-?\d{1,15}) ([+-])(\d\d)(\d\d)$", author)
    if not found:
        return ""
    offset = timedelta(hours=int(found[3]), minutes=int(found[4])) * (-1 if found[2] == b"-" else 1)
    try:
        return (
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found[1])))
            .astimezone(timezone(offset))
            .isoformat()
        )
    except (ValueError, OverflowError):
        return ""
