"""The table of commands: what people may type, in the words of the help, who may, and what reads the rest of the line.

The parser, the help, and the hints in comments are all made from it, so that they can't differ.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.commands import arguments
from bot.commands.command import Command
from bot.model.people import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One command. `needs` is the least role; who may answer an approval is for the approval itself to say (`by:`)."""

    name: str
    usage: str
    help: str
    needs: Role
    read: Callable[[str], Command | None]

    @property
    def typed(self) -> str:
        """The name with its arguments, without the prefix."""
        return f"{self.name} {self.usage}".rstrip()


TABLE = (
    Entry("approve", "[stage[/action]] [reason]", "let what waits for approval go on", Role.READ, arguments.approve),
    Entry("reject", "[stage[/action]] [reason]", "refuse what waits for approval", Role.READ, arguments.reject),
    Entry(
        "retry",
        "[stage] [all|failed]",
        "run what failed in a stage again; `all`: its every action",
        Role.WRITE,
        arguments.retry,
    ),
    Entry(
        "rerun",
        "[pipeline] [@revision] [NAME=value …]",
        "run a pipeline again from its beginning: of another branch, tag or commit, and with variables, if you like",
        Role.WRITE,
        arguments.rerun,
    ),
    Entry(
        "stop",
        "[abandon] [reason]",
        "stop when the running actions have ended; `abandon`: kill them now",
        Role.WRITE,
        arguments.stop,
    ),
    Entry(
        "rollback",
        "<stage> [execution]",
        "bring a stage back to what succeeded there before, or to that execution",
        Role.WRITE,
        arguments.rollback,
    ),
    Entry("hold", "<stage> [reason]", "let nothing enter a stage, until it is released", Role.WRITE, arguments.hold),
    Entry("release", "<stage>", "let in again what waits before a stage", Role.WRITE, arguments.release),
    Entry(
        "continue",
        "[stage[/action]]",
        "let a deployment go on that waits: shift its traffic now, or end the wait of those that had it",
        Role.WRITE,
        arguments.continue_,
    ),
    Entry(
        "override",
        "<stage> [reason]",
        "let an execution pass a condition that holds it back",
        Role.WRITE,
        arguments.override,
    ),
    Entry(
        "ok-to-test",
        "[sha]",
        "let a pull request's newest commit run that comes from outside: it is built and tested, without secrets",
        Role.WRITE,
        arguments.ok_to_test,
    ),
    Entry("status", "", "what runs, what waits and for whom, what came of the last one", Role.READ, arguments.status),
    Entry("why", "", "why a pipeline did or did not start", Role.READ, arguments.why),
    Entry("help", "", "this list", Role.READ, arguments.help_),
)

BY_NAME = {entry.name: entry for entry in TABLE}


def entry_of(command: Command) -> Entry:
    return BY_NAME[command.name]


def names() -> Iterator[str]:
    return iter(BY_NAME)
