"""Which owners have to approve a set of files: the last line that matches counts, in each section by itself."""

from collections.abc import Iterable, Iterator, Sequence

from bot.model.owners import OwnerGroup
from bot.owners.grammar import Rule

PATTERNS_KEPT = 20
"""Patterns that a group remembers, to be told: its owners are whole."""


class UnprovableOwners(Exception):
    """Some of the files have owners, but none of whom a host tells who it is."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.pattern)
        self.pattern = rule.pattern
        self.owners = rule.unprovable


def groups(rules: Sequence[Rule], paths: Iterable[str]) -> tuple[OwnerGroup, ...]:
    """In the order of the file. Raises UnprovableOwners."""
    wanted = list(dict.fromkeys(paths))
    found: dict[tuple[str, tuple[str, ...], int], list[str]] = {}
    for rule in _that_count(rules, wanted):
        if rule.owners:
            found.setdefault((rule.section, rule.owners, rule.needed), []).append(rule.pattern)
        elif rule.unprovable:
            raise UnprovableOwners(rule)
    return tuple(
        OwnerGroup(owners, tuple(patterns[:PATTERNS_KEPT]), needed) for (_, owners, needed), patterns in found.items()
    )


def _that_count(rules: Sequence[Rule], paths: list[str]) -> Iterator[Rule]:
    """The rules that are the last to match one of the paths in their section. Each rule is held against what is left of them."""
    counting: set[int] = set()
    for section in dict.fromkeys(rule.section for rule in rules):
        own = [rule for rule in rules if rule.section == section]
        left = [path for path in paths if not any(rule.matches(path) for rule in own if rule.excludes)]
        for rule in reversed(own):
            after = [path for path in left if rule.excludes or not rule.matches(path)]
            if len(after) < len(left):
                counting.add(id(rule))
            left = after
    yield from (rule for rule in rules if id(rule) in counting)
