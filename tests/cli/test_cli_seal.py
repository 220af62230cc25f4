"""`penstock seal`: what it prints opens in the bot that it asked, and the secret is in no argument."""

import json
from pathlib import Path

import yaml

from bot.composition.keys import keyring
from bot.ports import ExecutionFilter
from bot.settings import load
from bot.stores.sql import SqlStore
from tests.cli.running import bot
from tests.cli.shell import Program

SECRET = "correct\nhorse"


async def test_what_is_sealed_opens_in_the_bot_it_was_sealed_for(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path) as running:
        words = ("seal", "KEY", "--repository", "ada/web")
        asked = await program(*words, "--url", running.url, given=SECRET + "\n")
        assert asked.status == 0, asked.err
        beside = await program(*words, "--from-data", "--json", given=SECRET, PENSTOCK_DATA_DIR=str(tmp_path / "data"))
        assert beside.status == 0, beside.err
        [execution] = await running.store.executions(ExecutionFilter(), 1)
        settings = load(data_dir=tmp_path / "data")
        beside_it = await SqlStore.open(settings.database, upgrade=False)
        keys = await keyring(settings, beside_it)
        await beside_it.close()
    repository = execution.lane.repository
    for sealed in (yaml.safe_load(asked.out)["KEY"]["sealed"], json.loads(beside.out)["sealed"]):
        assert keys.open(repository, "KEY", sealed) == SECRET
    assert "horse" not in asked.out + asked.err + beside.out + beside.err


async def test_it_is_asked_for_twice_on_a_terminal_and_not_shown(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path) as running:
        words = ("seal", "KEY", "--repository", "ada/web", "--url", running.url)
        async with program.on_a_terminal(*words) as terminal:
            await terminal.sees("The secret KEY")
            terminal.types("hunter2\n")
            await terminal.sees("Once more")
            terminal.types("hunter2\n")
            assert await terminal.ended() == 0
            await terminal.sees("sealed:")
            assert "hunter2" not in terminal.seen


async def test_what_can_not_be_sealed_is_wrong_usage(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path) as running:
        url = ("--url", running.url)
        unknown = await program("seal", "KEY", "--repository", "ada/none", *url, given="x")
        assert (unknown.status, "has not heard of ada/none" in unknown.err) == (2, True)
        empty = await program("seal", "KEY", "--repository", "ada/web", *url, given="\n")
        assert (empty.status, "is empty" in empty.err) == (2, True)
        name = await program("seal", "2KEY", "--repository", "ada/web", *url, given="x")
        assert (name.status, "can't be a secret's name" in name.err) == (2, True)
