"""Whether a word is another one mistyped: one letter wrong, missing, too many, or two swapped.

A share of common letters (difflib) would take `/unapprove` and `/retest`, which are other bots' commands, for ours.
"""

from collections.abc import Iterable

_SHORTEST = 4  # One letter off a word of three is any word.


def nearest(word: str, names: Iterable[str]) -> str:
    """The first of `names` that `word` is a mistyping of, "" when there is none."""
    return next((name for name in names if len(name) >= _SHORTEST and mistyped(word, name)), "")


def mistyped(word: str, name: str) -> bool:
    if abs(len(word) - len(name)) > 1:
        return False
    begin = 0
    while begin < min(len(word), len(name)) and word[begin] == name[begin]:
        begin += 1
    end = 0
    while end < min(len(word), len(name)) - begin and word[-1 - end] == name[-1 - end]:
        end += 1
    left, right = word[begin : len(word) - end], name[begin : len(name) - end]
    swapped = len(left) == 2 and left == right[::-1]  # noqa: PLR2004
    return swapped or (len(left) <= 1 and len(right) <= 1)
