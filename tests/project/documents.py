"""The parts of the documentation that are made from the code, between `<!-- name:begin -->` and `<!-- name:end -->`.

`python -m tests.project.documents` writes them anew (`make docs`); `test_project_documents` compares. Sentences are written by hand.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import click

from bot.actions.building.environment import DOCUMENTED as OF_BUILDS
from bot.actions.environment import DOCUMENTED
from bot.cli import penstock
from bot.commands.table import TABLE
from bot.core.lifecycle import ACTION, CONDITION, EXECUTION, RULE, STAGE, diagram
from bot.model.people import Role
from providers.features import FEATURES, LIMITS, Answer

ROOT = Path(__file__).parents[2]

WHO = {
    Role.READ: "whoever may read; an approval itself says who may answer",
    Role.WRITE: "whoever may write",
    Role.ADMIN: "administrators",
}

HOST_NAMES = {
    "bitbucket": "Bitbucket Cloud",
    "bitbucket-dc": "Bitbucket Data Center",
    "github": "GitHub",
    "gitlab": "GitLab",
    "local": "the embedded host",
}


def parts() -> Mapping[tuple[str, str], Callable[[], str]]:
    """File and name of each part, and what makes it."""
    return {
        ("docs/builds.md", "environment"): environment,
        ("docs/builds.md", "builds"): builds,
        ("README.md", "commands"): commands,
        ("docs/operating.md", "settings"): settings,
        ("docs/command-line.md", "command-line"): command_line,
        ("docs/hosts.md", "hosts"): hosts,
        ("bot/core/README.md", "lifecycles"): lifecycles,
    }


def environment() -> str:
    return _table(("Variable", "Value"), ((f"`{name}`", text) for name, text in DOCUMENTED.items()))


def builds() -> str:
    return _table(("Variable", "Value"), ((f"`{name}`", text) for name, text in OF_BUILDS.items()))


def commands() -> str:
    rows = (
        (
            f"`/{_cell(entry.typed)}`",
            entry.help,
            WHO[entry.needs]
            if entry.name in ("approve", "reject") or entry.needs is not Role.READ
            else "whoever may read",
        )
        for entry in TABLE
    )
    return _table(("Command", "What it does", "Who may"), rows)


def settings() -> str:
    """`.env.example` as a table: the comment above a setting, or above several, says what it means."""
    rows: list[tuple[str, str, str]] = []
    meaning: list[str] = []
    fresh = True
    for line in (ROOT / ".env.example").read_text().splitlines():
        if (found := re.fullmatch(r"#?(PENSTOCK_[A-Z_]+)=(.*)", line)) is not None:
            rows.append((f"`{found[1]}`", f"`{found[2]}`" if found[2] else "", " ".join(meaning)))
            fresh = True
        elif line.startswith("# ") and not line.startswith("# ---"):
            meaning = [*([] if fresh else meaning), line.removeprefix("# ")]
            fresh = False
        else:
            meaning, fresh = [], True
    return _table(("Setting", "Default or example", "Meaning"), rows)


def command_line() -> str:
    rows = ((f"`{words}`", command.get_short_help_str(1000)) for words, command in subcommands())
    return _table(("Command", "What it does"), rows)


def subcommands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, as it is typed."""
    return _below(penstock, "penstock")


def _below(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _below(command, f"{words} {name}")
        elif command is not None:
            arguments = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
            yield " ".join([words, name, *arguments]), command


def hosts() -> str:
    names = list(LIMITS)
    rows: list[tuple[str, ...]] = [
        ("characters of a status's description", *(str(LIMITS[name].description) for name in names)),
        ("characters of a comment", *(str(LIMITS[name].comment) for name in names)),
        ("a command is typed as", *(f"`{LIMITS[name].command_prefix}approve`" for name in names)),
    ]
    rows += [(each.title, *(_answer(each.answers[name]) for name in names)) for each in FEATURES]
    return "\n".join((_table(("", *(HOST_NAMES[name] for name in names)), rows), "", "Why not:", "", *_why_not()))


def _answer(answer: Answer) -> str:
    if not answer.has:
        return "no"
    return f"yes: {answer.words}" if answer.words else "yes"


def _why_not() -> Iterator[str]:
    """What a host has not, with its reason and where its documentation says so."""
    for each in FEATURES:
        reasons: dict[str, list[str]] = {}
        for name, answer in each.answers.items():
            if not answer.has:
                source = f" ([documentation]({answer.page}))" if answer.page else ""
                reasons.setdefault(f"{answer.words}{source}", []).append(HOST_NAMES[name])
        if reasons:
            told = "; ".join(f"{' and '.join(hosts)}: {reason}" for reason, hosts in reasons.items())
            yield f"- *{each.title}*: {told}."


def lifecycles() -> str:
    drawn = (
        ("Execution", diagram(EXECUTION)),
        ("Stage", diagram(STAGE)),
        ("Action", diagram(ACTION)),
        ("Condition", diagram(CONDITION)),
        ("Rule", diagram(RULE)),
    )
    return "\n\n".join(f"### {name}\n\n```mermaid\n{text}\n```" for name, text in drawn)


def _cell(text: str) -> str:
    """GFM: a bar ends a cell even in code."""
    return text.replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def part(text: str, name: str) -> re.Match[str]:
    """The part of a file's text. Raises LookupError when its marks are not there."""
    found = re.search(rf"(?<=<!-- {name}:begin -->\n).*?(?=<!-- {name}:end -->)", text, re.DOTALL)
    if found is None:
        raise LookupError(f"The marks <!-- {name}:begin --> and <!-- {name}:end --> are missing.")
    return found


def write() -> None:
    for (file, name), make in parts().items():
        path = ROOT / file
        text = path.read_text()
        found = part(text, name)
        path.write_text(f"{text[: found.start()]}{make()}\n{text[found.end() :]}")


if __name__ == "__main__":
    write()
