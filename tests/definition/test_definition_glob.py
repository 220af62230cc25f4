"""The glob grammar of section 8.4 as a table, and its promise never to be slow."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model.glob import check, matches

TABLE = [
    # `*` stays within one segment, `**` does not.
    ("feature/*", "feature/a", True),
    ("feature/*", "feature/a/b", False),
    ("feature/*", "feature/", True),
    ("feature/**", "feature/a", True),
    ("feature/**", "feature/a/b", True),
    ("feature/**", "feature", False),
    ("**", "anything/at/all", True),
    ("**", "", True),
    ("*", "main", True),
    ("*", "a/b", False),
    ("***", "a/b", True),
    ("**.js", "deep/down/x.js", True),
    ("**.js", "x.js", True),
    ("a**b", "a/x/b", True),
    ("*.md", ".md", True),
    ("*", ".hidden", True),
    # C16: `**/` also stands for no segment, but only where a segment begins.
    ("src/**/*.py", "src/x/y.py", True),
    ("src/**/*.py", "src/y.py", True),
    ("src/**/*.py", "srcy.py", False),
    ("**/x", "x", True),
    ("**/x", "a/b/x", True),
    ("**/x", "ax", False),
    ("a**/x", "ax", False),
    ("a**/x", "a/x", True),
    ("src/**/test/**/x", "src/test/x", True),
    ("{**/a,b}", "a", True),
    ("{src/,lib/}**/x", "lib/x", True),
    ("{src,lib/}**/x", "srcx", False),
    # `?` is one character of a segment.
    ("v?", "v1", True),
    ("v?", "v", False),
    ("v?", "v12", False),
    ("a?b", "a/b", False),
    ("?", "é", True),
    # Brackets.
    ("[abc]", "b", True),
    ("[abc]", "d", False),
    ("[a-c]x", "cx", True),
    ("[a-c]x", "dx", False),
    ("[!a-c]", "d", True),
    ("[!a-c]", "b", False),
    ("[!a]", "/", False),
    ("[*?\\]", "*", True),
    ("[*?\\]", "?", True),
    ("[*?\\]", "\\", True),
    ("[*?\\]", "x", False),
    ("[-a]", "-", True),
    ("[!-a]", "-", False),
    ("[a-]", "-", True),
    ("[--a]", "-", True),
    ("v[0-9].[0-9]", "v1.2", True),
    # Braces.
    ("{a,b}", "a", True),
    ("{a,b}", "b", True),
    ("{a,b}", "ab", False),
    ("x{a,}y", "xy", True),
    ("{main,release/*}", "release/1", True),
    ("{a,b}{c,d}", "bc", True),
    ("*.{js,ts}", "x.ts", True),
    ("{a}", "a", True),
    # Escapes, and everything else as itself.
    (r"\*", "*", True),
    (r"\*", "x", False),
    (r"\{a\}", "{a}", True),
    (r"a\,b", "a,b", True),
    (r"{a\,b,c}", "a,b", True),
    ("a,b", "a,b", True),
    ("a}", "a}", True),
    ("a]", "a]", True),
    ("a.b", "axb", False),
    ("(a|b)+^$", "(a|b)+^$", True),
    # The whole name, case and all.
    ("main", "main2", False),
    ("main", "Main", False),
    ("main", "a/main", False),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), TABLE)
def test_a_pattern_matches_as_section_8_4_says(pattern: str, text: str, expected: bool) -> None:
    """C16."""
    assert check(pattern) is None
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "The pattern is empty."),
        ("[a", "A `[` has no `]`."),
        ("[]", "The brackets are empty."),
        ("[!]", "The brackets are empty."),
        ("[a/b]", "Brackets cannot hold a `/`."),
        ("[z-a]", "The range `z-a` runs backwards."),
        ("{a,b", "A `{` has no `}`."),
        ("{a,{b,c}}", "Braces cannot stand inside braces."),
        ("a\\", "The pattern ends in a lone `\\`."),
    ],
)
def test_a_malformed_pattern_is_explained_and_matches_nothing(pattern: str, reason: str) -> None:
    assert check(pattern) == reason
    assert not matches(pattern, pattern)


@given(st.text(max_size=60), st.text(max_size=60))
@example("[\\", "")
def test_no_pattern_and_no_text_ever_raise(pattern: str, text: str) -> None:
    assert check(pattern) is None or not matches(pattern, text)


@given(st.text(st.characters(exclude_characters="*?[{\\"), min_size=1, max_size=30))
def test_a_pattern_without_special_characters_matches_exactly_itself(text: str) -> None:
    assert matches(text, text)
    assert not matches(text, text + "x")


@given(
    st.lists(st.sampled_from(["a", "b", "/", "*", "**", "?", "[ab]"]), min_size=1, max_size=6),
    st.text("ab/", max_size=8),
)
def test_matching_agrees_with_a_regular_expression(parts: list[str], text: str) -> None:
    words = {"*": "[^/]*", "**": ".*", "?": "[^/]", "[ab]": "[ab]"}
    pattern = re.sub(r"\*{3,}", "**", "".join(parts))
    expression, at_segment_start = "", True
    for token in re.findall(r"\*\*/|\*\*|\[ab\]|.", pattern):
        directories = "(?:.*/)?" if at_segment_start else ".*/"
        expression += directories if token == "**/" else words.get(token, token)
        at_segment_start = token.endswith("/")
    assert matches(pattern, text) is (re.fullmatch(expression, text) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 127, "**a" * 85, "{a,aa}" * 42, "{*,**}" * 42, "{a*,*a}" * 36, "**/" * 85, "?*" * 127, "[!b]*" * 50],
)
def test_a_hostile_pattern_costs_time_linear_in_the_text(pattern: str) -> None:
    """A backtracking matcher would need ages; the bound is generous for a busy machine."""
    begin = time.process_time()
    matches(pattern, "a" * 4000 + "/b\n")
    assert time.process_time() - begin < 2
