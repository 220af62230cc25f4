"""The text of a CODEOWNERS file to rules, and the lines that can't be read. Never raises: what is wrong is passed over, and told.

https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
https://docs.gitlab.com/user/project/codeowners/reference/
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.model import glob
from bot.owners import patterns

_WORD = re.compile(r"(?:\\.|[^\s\\]|\\$)+", re.DOTALL)
_OWNER = re.compile(r"@(?P<name>[^\s@/,]+(?:/[^\s@/,]+)*)")
_EMAIL = re.compile(r"[^\s@,]+@[^\s@,]+")
_ROLE = re.compile(r"@@\w+")
_COUNT = re.compile(r"[0-9]{1,3}")
_HEADING = re.compile(r"(?P<optional>\^?)\[(?P<name>[^\]]+)\](?:\[(?P<needed>[^\]]*)\])?(?P<rest>.*)")


class Grammar(StrEnum):
    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True)
class Rule:
    """A line. Each of `owners` is the entries of which one makes it out: on GitLab `@acme` may be a person or a group.

    `unprovable` are owners of whom a host does not tell whether somebody is one. `excludes`: what matches is out of the section for good.
    """

    pattern: str
    globs: tuple[str, ...]
    owners: tuple[str, ...] = ()
    unprovable: tuple[str, ...] = ()
    section: str = ""
    needed: int = 1
    excludes: bool = False
    needle: str = ""

    def matches(self, path: str) -> bool:
        return self.needle in path and any(glob.matches(each, path) for each in self.globs)


@dataclass(frozen=True, slots=True)
class Rules:
    rules: tuple[Rule, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    name: str = ""
    needed: int = 1
    optional: bool = False
    words: tuple[str, ...] = ()


class _Unreadable(Exception):
    """The text says what is wrong with the line."""


def read(text: str, grammar: Grammar) -> Rules:
    """Its rules in their order. Optional sections ask nobody, so they are left out."""
    reader = _Reader(grammar)
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        reader.line(number, line.strip())
    return Rules(tuple(reader.rules), tuple(reader.passed_over))


class _Reader:
    def __init__(self, grammar: Grammar) -> None:
        self.rules: list[Rule] = []
        self.passed_over: list[str] = []
        self._gitlab = grammar is Grammar.GITLAB
        self._section = _Section()
        self._sections: dict[str, _Section] = {}

    def line(self, number: int, line: str) -> None:
        if not line or line.startswith("#"):
            return
        try:
            heading = _HEADING.fullmatch(line) if self._gitlab else None
            if heading is not None:
                self._section = self._head(heading)
            else:
                self._rule(line)
        except _Unreadable as error:
            self.passed_over.append(f"line {number}: {error}")

    def _head(self, heading: re.Match[str]) -> _Section:
        """Sections of one name, however it is written, are one: the first heading says whether it is required, and how many approve."""
        name = heading["name"].strip()
        owners = tuple(_WORD.findall(heading["rest"]))
        first = self._sections.get(name.casefold())
        if first is not None:
            return _Section(first.name, first.needed, first.optional, owners)
        given = heading["needed"] or ""
        needed = int(given) if _COUNT.fullmatch(given) else 1
        found = _Section(name, max(needed, 1), bool(heading["optional"]), owners)
        self._sections[name.casefold()] = found
        return found

    def _rule(self, line: str) -> None:
        pattern, *words = _WORD.findall(line)
        if not self._gitlab and "#" in (marks := [word[0] for word in words]):
            words = words[: marks.index("#")]
        excludes = self._gitlab and pattern.startswith("!")
        globs = self._globs(pattern.removeprefix("!") if excludes else pattern)
        section, needle = self._section, patterns.needle(globs[0])
        if section.optional:
            return
        if excludes:
            self.rules.append(Rule(pattern, globs, section=section.name, excludes=True, needle=needle))
            return
        owners, unprovable = self._owners(words or section.words)
        self.rules.append(Rule(pattern, globs, owners, unprovable, section.name, section.needed, needle=needle))

    def _globs(self, pattern: str) -> tuple[str, ...]:
        if not self._gitlab and pattern.startswith(("!", "\\#")):
            raise _Unreadable(f"GitHub has no patterns that begin with `{pattern[0]}`")
        if not self._gitlab and "[" in pattern:
            raise _Unreadable("GitHub has no ranges of characters in brackets")
        found = (patterns.gitlab if self._gitlab else patterns.github)(pattern)
        wrong = next(filter(None, map(glob.check, found)), None)
        if wrong is not None or (not pattern.strip("/") and not self._gitlab):
            raise _Unreadable(wrong or "that is no pattern")
        return found

    def _owners(self, words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """GitHub passes over a line with an owner that is none; GitLab only that owner. A line that is left with none names nobody by
        mistake, so it is passed over on GitLab, too: what it was about stays with whoever an earlier line names.
        """
        owners: dict[str, None] = {}
        unprovable: dict[str, None] = {}
        for word in words:
            name = _OWNER.fullmatch(word)
            if name is not None:
                owners |= dict.fromkeys(self._entries(name["name"]))
            elif _EMAIL.fullmatch(word) or (self._gitlab and _ROLE.fullmatch(word)):
                unprovable[word] = None
            elif not self._gitlab:
                raise _Unreadable(
                    f"`{word[:60]}` is no owner: write `@login`, `@organization/team` or an email address"
                )
        if words and not owners and not unprovable:
            raise _Unreadable("it names no owner that is one: write `@login`, `@group/subgroup` or an email address")
        return tuple(owners), tuple(unprovable)

    def _entries(self, name: str) -> tuple[str, ...]:
        if "/" in name:
            return (f"team:{name}",)
        return (f"user:{name}", f"team:{name}") if self._gitlab else (f"user:{name}",)
