"""What the bot keeps for itself: sealed in the database, the fresh secret beside the old one for a while, and through another master key."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.keys import MasterKeys
from bot.model.repository import Repository
from bot.security.kept import GRACE, Vault, to_rewrap
from bot.stores.sql import SqlStore

WEB, API = Repository("github", "7", "acme/web"), Repository("github", "8", "acme/api")
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await SqlStore.open(f"sqlite:///{tmp_path / 'penstock.db'}")
    yield store
    await store.close()


async def test_the_secret_before_counts_for_a_while_longer(store: SqlStore) -> None:
    vault = Vault(store, MasterKeys([NEW]))
    first, other = await vault.add_webhook_secret(WEB), await vault.add_webhook_secret(API)
    second = await vault.add_webhook_secret(WEB)
    assert len({first.value, second.value, other.value}) == 3
    assert {one.ends for one in await vault.webhook_secrets()} == {0.0}, (
        "killed here, whatever the host was told counts"
    )
    await vault.end_others(second, 1000.0)
    ends = {one.value: one.ends for one in await vault.webhook_secrets()}
    assert ends == {first.value: 1000.0 + GRACE, second.value: 0.0, other.value: 0.0}
    await vault.end_others(second, 1000.0 + GRACE)
    assert {one.value for one in await vault.webhook_secrets()} == {second.value, other.value}
    await vault.end_all(WEB, 5000.0)
    assert [one.repository for one in await vault.webhook_secrets()] == [API]


async def test_nothing_in_the_database_tells_a_secret_and_none_opens_elsewhere(store: SqlStore) -> None:
    vault = Vault(store, MasterKeys([NEW]))
    secret = await vault.add_webhook_secret(WEB)
    await vault.keep_app("github", {"id": "12", "pem": "PEM"})
    kept = await store.kept_secrets()
    assert secret.value.encode() not in b"".join(one.wrapped for one in kept)
    assert secret.value not in repr(secret)
    await store.keep_secrets([replace(one, name=f"{one.name}x") for one in kept if one.kind == "webhook"])
    with pytest.raises(ArtifactDamaged):
        await vault.webhook_secrets()


async def test_an_app_takes_the_place_of_the_one_before(store: SqlStore) -> None:
    vault = Vault(store, MasterKeys([NEW]))
    assert await vault.app("github") is None
    await vault.keep_app("github", {"id": "12"})
    await vault.keep_app("github", {"id": "13"})
    assert await vault.app("github") == {"id": "13"}
    await vault.forget_app("github")
    assert await vault.app("github") is None


async def test_another_master_key_takes_over(store: SqlStore) -> None:
    secret = await Vault(store, MasterKeys([OLD])).add_webhook_secret(WEB)
    both = MasterKeys([NEW, OLD])
    fresh = to_rewrap(await store.kept_secrets(), both)
    await store.keep_secrets(fresh)
    assert len(fresh) == 1
    assert to_rewrap(await store.kept_secrets(), both) == []
    [found] = await Vault(store, MasterKeys([NEW])).webhook_secrets()
    assert found == secret
