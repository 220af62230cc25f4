"""The secrets of connected repositories as a running bot has them: whose deliveries each is good for, until when, and what a failing store changes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.artifacts.keys import MasterKeys
from bot.model.host_secret import HostSecret
from bot.model.repository import Repository
from bot.ports import StoreUnavailable
from bot.security import host_secrets
from bot.security.host_secrets import ConnectedSecrets
from bot.security.kept import GRACE, Vault
from bot.stores.sql import SqlStore
from tests.world.host import WoundClock

WEB = Repository("github", "7", "acme/web")
GIVEN = HostSecret("given", "acme/*")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    store = await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}")
    yield Vault(store, MasterKeys([b"m" * 32]))
    await store.close()


async def test_each_is_good_for_its_repository_and_counts_until_its_end(vault: Vault) -> None:
    clock = WoundClock()
    secrets = ConnectedSecrets(vault, clock, {"github": (GIVEN,)})
    before, fresh = await vault.add_webhook_secret(WEB), await vault.add_webhook_secret(WEB)
    await vault.end_others(fresh, clock.now())
    await secrets.load()
    one, other = HostSecret(before.value, "#7"), HostSecret(fresh.value, "#7")
    assert set(secrets.of("github")) == {GIVEN, one, other}
    clock.at += GRACE
    assert await secrets.refresh()
    assert set(secrets.of("github")) == {GIVEN, other}
    assert not await secrets.refresh(), "nothing new"


async def test_a_store_that_fails_leaves_what_is_known_and_is_asked_again(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ConnectedSecrets(vault, WoundClock(), {"github": (GIVEN,)})
    monkeypatch.setattr(host_secrets, "EVERY", 0.0)
    fresh = await vault.add_webhook_secret(WEB)
    failures = [StoreUnavailable("no answer"), StoreUnavailable("no answer")]
    really = vault.webhook_secrets

    async def failing() -> object:
        if failures:
            raise failures.pop()
        return await really()

    monkeypatch.setattr(vault, "webhook_secrets", failing)
    assert not await secrets.refresh()
    assert secrets.of("github") == (GIVEN,)
    keeping = asyncio.create_task(secrets.keep_fresh())
    async with asyncio.timeout(20):
        while len(secrets.of("github")) == 1:  # noqa: ASYNC110  its store is another thread's
            await asyncio.sleep(0.01)
    keeping.cancel()
    assert HostSecret(fresh.value, "#7") in secrets.of("github")
