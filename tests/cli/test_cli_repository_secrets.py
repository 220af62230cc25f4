"""Secrets of some repositories in the settings: a bot that runs takes what is signed with one for those, from every big host, and for no other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli_connect import bitbucket, bitbucket_data_center, github, gitlab, serving

NAMES: dict[Callable[[Path], Any], str] = {
    github: "github",
    gitlab: "gitlab",
    bitbucket: "bitbucket",
    bitbucket_data_center: "bitbucket-dc",
}


@pytest.mark.parametrize("host", NAMES)
async def test_a_repositorys_secret_speaks_for_it_alone(host: Callable[[Path], Any], tmp_path: Path) -> None:
    async with host(tmp_path / "host") as it:
        hooks, name, pattern = it.fake.hooks, NAMES[host], "acme/tools/w*" if host is gitlab else "acme/w*"
        secret = hooks.signing_token if host is gitlab else hooks.secret
        it.settings[f"{name.upper().replace('-', '_')}_REPOSITORY_SECRETS"] = f"other/*=older {pattern}={secret}"
        async with serving(it) as server:
            it.fake.hook(f"{server.url}/webhooks/{name}")
            for one in (it.api, it.web):
                await it.fake.push(one, "main", {"README": "hello"}, "Begin", by=it.fake.user("ada"))
            await it.fake.settled()
            await server.composed.bot.settled()
            heard = [repository.id for repository, _ in await server.composed.bot.store.repositories()]
        assert len(heard) == 1
        assert heard[0] in it.keys
