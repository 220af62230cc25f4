"""The help is made from the table, so it has every command and nothing else."""

import re

from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from bot.commands.help import help_text
from bot.commands.parse import parse
from bot.commands.table import TABLE
from bot.model.people import Role


def test_the_help_reads_well(snapshot: SnapshotAssertion) -> None:
    assert help_text() == snapshot


def test_the_help_shows_what_that_host_lets_through() -> None:
    typed = re.findall(r"`([^`]+)`", help_text("/penstock "))
    assert all(word.startswith("/penstock ") for word in typed if word.startswith("/"))
    assert {entry.name for entry in TABLE} <= {word.split()[1] for word in typed if word.startswith("/penstock ")}


def test_the_help_renders_as_one_table_with_a_row_for_each_command() -> None:
    html = MarkdownIt("commonmark").enable("table").render(help_text())
    assert html.count("<table>") == 1
    body = html.partition("<tbody>")[2]
    assert body.count("<tr>") == len(TABLE)
    assert body.count("<td>") == 2 * body.count("<tr>")


def test_the_help_is_no_command_itself() -> None:
    assert parse(help_text()) == ()


def test_all_but_questions_and_answers_take_write_access() -> None:
    """An answer has a list of its own of who may give it."""
    readable = {entry.name for entry in TABLE if entry.needs is not Role.WRITE}
    assert readable == {"approve", "reject", "status", "why", "help"}
    assert all(entry.needs is Role.READ for entry in TABLE if entry.name in readable)
