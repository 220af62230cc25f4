"""Which trigger filters go together and how many there may be (section 8.2, STR-24, section 1)."""

from collections.abc import Iterator

from bot.definition.document import Finding, List, Map, Path, native, quoted
from bot.definition.outline import Outline, items, mapping_at

MOST_TRIGGERS = 50
_EVENTS = ("push", "pull_request")


def check(outline: Outline) -> Iterator[Finding]:
    triggers = mapping_at(outline.root, "triggers")
    for event in _EVENTS:
        path: Path = ("triggers", event)
        entries = list(items(triggers.get(event), path))
        yield from _twice(entries)
        for place, entry in entries:
            yield from _shape(entry, place)
    total = sum(len(value) if isinstance(value, List) else 1 for value in triggers.values())
    if total > MOST_TRIGGERS:
        reason = f"There are {total} triggers, and may be at most {MOST_TRIGGERS}."
        yield Finding(("triggers",), reason, "Merge some: patterns can match many names.", on_key=True)


def _twice(entries: list[tuple[Path, Map]]) -> Iterator[Finding]:
    seen: list[object] = []
    for path, entry in entries:
        if native(entry) in seen:
            yield Finding(path, "The same filter is given twice.", "Keep one of the two.")
        seen.append(native(entry))


def _shape(entry: Map, path: Path) -> Iterator[Finding]:
    """8.2: a filter of tags stands alone. Beside `branches` it is read as one filter more; `paths` alone has no such reading."""
    if "tags" in entry and "paths" in entry and "branches" not in entry:
        reason = "`paths` cannot filter tags: a tag has no base to compare with."
        yield Finding(
            (*path, "paths"), reason, "Remove `paths`, or add the `branches` that it is meant for.", on_key=True
        )
    for key in ("branches", "tags", "paths"):
        part = entry.get(key)
        if isinstance(part, Map) and not part:
            reason = f"{quoted(key)} names neither what to include nor what to exclude."
            yield Finding((*path, key), reason, f"Write {quoted(key + ': [pattern]')}, or remove the key.")
