"""CODEOWNERS as GitHub and GitLab document it: the examples of their pages, and what they leave to be read between the lines.

https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
https://docs.gitlab.com/user/project/codeowners/reference/
"""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.model.glob import matches
from bot.model.owners import OwnerGroup
from bot.owners import Grammar, UnprovableOwners, groups, read
from bot.owners.groups import PATTERNS_KEPT

GITHUB = """\
# This is a comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment, which @nobody owns.
*.go docs@example.com @go-owner
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  @docs-owner
apps/ @octocat
/docs/deep/ @doctocat
/scripts/ @doctocat @octocat
**/logs @log-owner
/apps/ @octocat
/apps/github
/apps/with\\ space/ @space
/{odd}/ @odd
"""

GITHUB_FILES = [
    ("README.md", ("user:global-owner1", "user:global-owner2")),
    ("src/a.js", ("user:js-owner",)),
    ("a.js/inside", ("user:js-owner",)),
    ("main.go", ("user:go-owner",)),
    ("a/b.txt", ("team:octo-org/octocats",)),
    ("build/logs/a/b", ("user:log-owner",)),
    ("docs/getting-started.md", ("user:docs-owner",)),
    ("docs/build-app/troubleshooting.md", ("user:global-owner1", "user:global-owner2")),
    ("docs/deep/er/a.md", ("user:doctocat",)),
    ("x/docs/a.md", ("user:global-owner1", "user:global-owner2")),
    ("some/apps/a", ("user:octocat",)),
    ("scripts/x", ("user:doctocat", "user:octocat")),
    ("deeply/nested/logs", ("user:log-owner",)),
    ("apps/github/a", ()),
    ("apps/github", ()),
    ("apps/with space/a", ("user:space",)),
    ("{odd}/a", ("user:odd",)),
    ("odd/a", ("user:global-owner1", "user:global-owner2")),
    (".hidden", ("user:global-owner1", "user:global-owner2")),
]


def owners(text: str, grammar: Grammar, *paths: str) -> tuple[tuple[str, ...], ...]:
    return tuple(group.owners for group in groups(read(text, grammar).rules, paths))


@pytest.mark.parametrize(("path", "expected"), GITHUB_FILES)
def test_githubs_examples(path: str, expected: tuple[str, ...]) -> None:
    assert owners(GITHUB, Grammar.GITHUB, path) == ((expected,) if expected else ())


GITLAB = """\
* @default-owner
*.rb @ruby-owner
\\#file_with_pound.rb @owner-file-with-pound
LICENSE @legal this does not match janedoe@gitlab.com
README @group @group/with-nested/subgroup
/docs/ @all-docs
/docs/* @root-docs
/docs/**/*.md @markdown-docs
lib/ @lib-owner
/config/ @config-owner
path\\ with\\ spaces/ @space-owner
/[ab]c @bracket
"""


def either(name: str) -> tuple[str, str]:
    """On GitLab a name without a slash is a person's or a group's."""
    return f"user:{name}", f"team:{name}"


GITLAB_FILES = [
    ("x", either("default-owner")),
    ("a/b.rb", either("ruby-owner")),
    ("a/#file_with_pound.rb", either("owner-file-with-pound")),
    ("LICENSE", either("legal")),
    ("README", (*either("group"), "team:group/with-nested/subgroup")),
    ("docs/index.html", either("root-docs")),
    ("docs/projects/index.html", either("all-docs")),
    ("docs/projects/index.md", either("markdown-docs")),
    ("docs/index.md", either("markdown-docs")),
    ("any/where/lib/a/b", either("lib-owner")),
    ("x/config/a", either("default-owner")),
    ("config/a/b", either("config-owner")),
    ("path with spaces/a", either("space-owner")),
    ("bc", either("bracket")),
]


@pytest.mark.parametrize(("path", "expected"), GITLAB_FILES)
def test_gitlabs_examples(path: str, expected: tuple[str, ...]) -> None:
    assert owners(GITLAB, Grammar.GITLAB, path) == (expected,)


SECTIONS = """\
* @all
[Documentation][2] @docs-team
docs/
README.md @readme
^[Database] @database
model/db/
[Ruby]
*.rb @ruby
!vendor/
[documentation] @other-docs
ee/docs/
"""

SECTION_FILES = [
    ("docs/a.rb", [("all", 1), ("docs-team", 2), ("ruby", 1)]),
    ("README.md", [("all", 1), ("readme", 2)]),
    ("model/db/a", [("all", 1)]),
    ("vendor/a.rb", [("all", 1)]),
    ("ee/docs/a", [("all", 1), ("other-docs", 2)]),
]


@pytest.mark.parametrize(("path", "expected"), SECTION_FILES)
def test_each_section_of_gitlabs_asks_by_itself(path: str, expected: list[tuple[str, int]]) -> None:
    """Default owners, an optional section, a count, an exclusion, and two headings of one name."""
    found = groups(read(SECTIONS, Grammar.GITLAB).rules, [path])
    assert [(group.owners, group.needed) for group in found] == [(either(name), count) for name, count in expected]


PASSED_OVER = [
    (Grammar.GITHUB, "!a @x", "GitHub has no patterns that begin with `!`"),
    (Grammar.GITHUB, "\\#a @x", "GitHub has no patterns that begin with `\\`"),
    (Grammar.GITHUB, "[ab] @x", "GitHub has no ranges of characters"),
    (Grammar.GITHUB, "/ @x", "that is no pattern"),
    (Grammar.GITHUB, "a x", "`x` is no owner"),
    (Grammar.GITHUB, "a @x @", "`@` is no owner"),
    (Grammar.GITLAB, "a x", "it names no owner that is one"),
    (Grammar.GITLAB, "[ab @x", "A `[` has no `]`"),
    (Grammar.GITLAB, "a[z-b] @x", "runs backwards"),
]


@pytest.mark.parametrize(("grammar", "line", "why"), PASSED_OVER)
def test_a_line_that_cannot_be_read_is_passed_over_and_told(grammar: Grammar, line: str, why: str) -> None:
    """What it was about stays with whom an earlier line names."""
    found = read(f"* @all\n{line}\n", grammar)
    assert len(found.rules) == 1
    assert found.passed_over[0].startswith("line 2: ")
    assert why in found.passed_over[0]


def test_gitlab_has_no_inline_comments_so_owners_in_them_count() -> None:
    assert owners("a @x # and @y", Grammar.GITLAB, "a") == ((*either("x"), *either("y")),)


@pytest.mark.parametrize(
    ("grammar", "line"), [(Grammar.GITHUB, "a ada@example.com"), (Grammar.GITLAB, "a @@maintainer ada@example.com")]
)
def test_owners_of_whom_nobody_can_tell_who_they_are(grammar: Grammar, line: str) -> None:
    with pytest.raises(UnprovableOwners) as caught:
        owners(f"* @all\n{line}", grammar, "a")
    assert caught.value.pattern == "a"
    assert "ada@example.com" in caught.value.owners


def test_files_of_the_same_owners_are_one_group() -> None:
    text = "src/ @ada @ben\ndocs/ @cleo\nlib/ @ada @ben\nunused/ @dan\n"
    assert groups(read(text, Grammar.GITHUB).rules, ["lib/a", "src/a", "docs/a", "x"]) == (
        OwnerGroup(("user:ada", "user:ben"), ("src/", "lib/")),
        OwnerGroup(("user:cleo",), ("docs/",)),
    )
    many = "".join(f"{number}/ @ada\n" for number in range(PATTERNS_KEPT + 5))
    [group] = groups(read(many, Grammar.GITHUB).rules, [f"{number}/a" for number in range(PATTERNS_KEPT + 5)])
    assert len(group.patterns) == PATTERNS_KEPT


@given(
    some.text(some.sampled_from("a*/[]{}\\#@!^ \t\n-.?,é\0")),
    some.sampled_from(list(Grammar)),
    some.lists(some.text("a/b.*{", min_size=1), max_size=3),
)
def test_whatever_is_written_there_is_read(text: str, grammar: Grammar, paths: list[str]) -> None:
    found = read(text, grammar)
    for rule in found.rules:
        for path in paths:
            rule.matches(path)
    assert len(found.rules) + len(found.passed_over) <= text.count("\n") + 1


@given(some.text("ab/*?[]\\{", min_size=1, max_size=8), some.text("ab/[{", min_size=1, max_size=8))
def test_what_paths_are_told_apart_by_first_keeps_none_from_matching(pattern: str, path: str) -> None:
    for grammar in Grammar:
        for rule in read(f"{pattern} @x", grammar).rules:
            assert rule.matches(path) == any(matches(each, path) for each in rule.globs)
