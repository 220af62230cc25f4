"""What somebody reads who types `-h`, a wrong word, or nothing; and how soon."""

import os
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path

import click
import pytest

from bot.cli import COMMANDS, penstock
from tests.cli.conftest import Typed

CONTEXT = click.Context(penstock)


def subcommands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    todo: list[tuple[tuple[str, ...], click.Command]] = [((), penstock)]
    while todo:
        words, command = todo.pop()
        found.append(words)
        if isinstance(command, click.Group):
            for name in command.list_commands(CONTEXT):
                inner = command.get_command(CONTEXT, name)
                assert inner is not None
                todo.append(((*words, name), inner))
    return sorted(found)


@pytest.mark.parametrize("words", subcommands(), ids=" ".join)
def test_help_says_what_a_command_does_and_what_every_option_means(words: tuple[str, ...], typed: Typed) -> None:
    ended = typed(*words, "-h")
    assert ended.status == 0
    assert ended.out.startswith(f"Usage: penstock {' '.join(words)}".rstrip())
    assert max(len(line) for line in ended.out.splitlines()) <= 80
    command: click.Command = penstock
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(CONTEXT, word)
        assert found is not None
        command = found
    assert command.help, "a command says what it does"
    silent = [each.name for each in command.params if isinstance(each, click.Option) and not each.help]
    assert not silent, f"options without help: {silent}"


def test_the_list_of_commands_has_one_line_for_each(typed: Typed) -> None:
    listed = typed("--help").out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed if not line.startswith("   ")] == list(COMMANDS)


def test_a_wrong_word_is_wrong_usage(typed: Typed) -> None:
    assert typed("srve").status == 2
    assert typed("status", "--limit", "0").status == 2


def test_the_version_is_the_package_s(typed: Typed) -> None:
    ended = typed("--version")
    assert (ended.status, ended.out) == (0, "penstock, version 0.1.0\n")


async def test_the_list_of_commands_loads_no_library_but_click() -> None:
    """What makes `penstock --help` come at once; a clock in a test would only tell how busy the machine is."""
    script = "import sys, bot.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    root = Path(__file__).parents[2]
    process = await create_subprocess_exec(sys.executable, "-c", script, stdout=PIPE, cwd=root)
    out, _ = await process.communicate()
    loaded = set(out.decode().split())
    assert "click" in loaded
    assert not loaded & {"aiohttp", "asyncio", "pydantic", "rich", "sqlalchemy", "structlog", "yaml"}


async def test_a_user_whom_the_machine_does_not_list_can_serve() -> None:
    """Libraries that the server imports ask for a home at once."""
    unlisted = "import pwd; pwd.getpwuid = {}.__getitem__"
    serve = "import sys; from bot.cli import main; sys.argv[1:] = ['serve', '--help']; main()"
    env = {name: value for name, value in os.environ.items() if name != "HOME"}
    process = await create_subprocess_exec(
        sys.executable, "-c", f"{unlisted}; {serve}", stdout=PIPE, stderr=PIPE, env=env
    )
    told, error = await process.communicate()
    assert (process.returncode, error) == (0, b""), error.decode()
    assert told.startswith(b"Usage: ")
