"""Where each host looks for the file, and whose grammar it is read by."""

from bot.owners.grammar import Grammar

_GITHUB = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners#codeowners-file-location"""

_GITLAB = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""https://docs.gitlab.com/user/project/codeowners/#codeowners-file"""


def grammar_of(provider: str) -> Grammar:
    """Hosts without one of their own have GitHub's."""
    return Grammar.GITLAB if provider == "gitlab" else Grammar.GITHUB


def places(provider: str) -> tuple[str, ...]:
    """The paths in their order: the first file that is there counts, no other."""
    return _GITLAB if grammar_of(provider) is Grammar.GITLAB else _GITHUB
