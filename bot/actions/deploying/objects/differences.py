"""What a deployment has to write and to delete, from what the one before wrote and what is there now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.object_deployment import WrittenObject, WrittenObjects

_PAGES = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Differences:
    """Keys: `first` are written before `pages`, so that no page names what is not there yet; `delete` comes after both."""

    first: Sequence[str]
    pages: Sequence[str]
    delete: Sequence[str]

    @property
    def write(self) -> int:
        return len(self.first) + len(self.pages)


def differences(
    wanted: Mapping[str, str], headers: str, before: WrittenObjects, there: Mapping[str, str], *, prune: bool
) -> Differences:
    """`wanted` has the digest of each key's content, `there` the tag of each that is there.

    One is the same when it is there as this bot wrote it, with the same content and headers. Deleted is only what nobody
    else has written since, or of which nobody knows whether it was written at all.
    """
    known = before.objects if before.headers == headers else {}

    def same(key: str) -> bool:
        one = known.get(key)
        return one is not None and one.digest == wanted[key] and one.tag != "" and one.tag == there.get(key)

    changed = [key for key in wanted if not same(key)]
    gone = [key for key, one in before.objects.items() if key not in wanted and there.get(key) in (one.tag, "")]
    unsure = [key for key, one in before.objects.items() if key not in wanted and key in there and not one.digest]
    return Differences(
        [key for key in changed if not key.lower().endswith(_PAGES)],
        [key for key in changed if key.lower().endswith(_PAGES)],
        sorted({*gone, *unsure}) if prune else (),
    )


def begun(before: WrittenObjects, changes: Differences) -> WrittenObjects:
    """What is remembered while it is written: after a crash, what may be there counts as there, and as not known."""
    unknown = dict.fromkeys((*changes.first, *changes.pages), WrittenObject())
    return WrittenObjects(before.headers, {**before.objects, **unknown})
