"""What the grammar knows and nothing runs yet. Lifting a restriction is removing its line; no other place names it.

Such a key is a problem of the file, told before anything starts: better than a pipeline that quietly does less than it says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.definition.document import Finding, List, Map, Path, native


@dataclass(frozen=True, slots=True)
class NotYet:
    """`where` is a path with `*` for every item; with `value`, only that value is not available."""

    where: tuple[str, ...]
    what: str
    remedy: str
    value: str | None = None


_STAGE = ("stages", "*")
_ACTION = (*_STAGE, "actions", "*")
_RUN_INSTEAD = "Use `run` with the commands for now."

NOT_YET: tuple[NotYet, ...] = (
    NotYet((*_ACTION, "image"), "container images", "Remove the key; actions run on the bot's own machine for now."),
)


def check(root: Map, not_yet: Sequence[NotYet]) -> Iterator[Finding]:
    for row in not_yet:
        for path, value in _found(root, row.where, ()):
            if row.value is None or native(value) == row.value:
                on_key = row.value is None
                yield Finding(path, f"Not available yet: {row.what}.", row.remedy, on_key=on_key)


def _found(value: object, where: tuple[str, ...], path: Path) -> Iterator[tuple[Path, object]]:
    if not where:
        yield path, value
    elif where[0] == "*" and isinstance(value, List):
        for index, item in enumerate(value):
            yield from _found(item, where[1:], (*path, index))
    elif isinstance(value, Map) and where[0] in value:
        yield from _found(value[where[0]], where[1:], (*path, where[0]))
