"""`penstock keys`: another master key in the place of the present one, while everything made before stays readable."""

import asyncio
import json
from pathlib import Path

import yaml

from bot.cli.server import Server
from bot.composition.keys import keyring
from bot.ports import ExecutionFilter
from bot.settings import load
from bot.stores.sql import SqlStore
from tests.cli.conftest import Beside
from tests.cli.running import bot
from tests.cli.shell import Program
from tests.world.patience import PATIENCE

PIPELINE = """\
stages:
  - name: build
    actions:
      - name: make
        run: [mkdir dist, echo made > dist/it]
        outputs: {dist: ["dist/**"]}
"""


async def test_a_rotation_leaves_everything_readable_and_the_old_key_needed_by_nothing(
    beside: Beside, program: Program, tmp_path: Path
) -> None:
    where = {"PENSTOCK_DATA_DIR": str(tmp_path / "data")}
    async with bot(tmp_path, PIPELINE) as running:
        sealed = await program("seal", "KEY", "--repository", "ada/web", "--url", running.url, given="s3cret")
        with running.changes.listen() as listener:
            async with asyncio.timeout(PATIENCE):
                while not (await running.store.executions(ExecutionFilter(), 1))[0].status.ended:
                    await listener.changed()
    assert "no sealed secret opens" in (await beside("doctor", **where)).out

    assert (await beside("keys", "new", **where)).status == 0
    listed = json.loads((await beside("keys", "list", "--json", **where)).out)
    assert [row["current"] for row in listed["keys"]] == [True, False]
    assert listed["stale"] == 3, "the artifact's key, the secrets of its space, and the old key itself"
    doctor = await beside("doctor", **where)
    assert "3 keys still need an older one" in doctor.out
    early = await beside("keys", "forget", **where)
    assert (early.status, "run `penstock keys rotate`" in early.err) == (2, True)

    assert "Wrapped 3 keys" in (await beside("keys", "rotate", **where)).out
    again = json.loads((await beside("keys", "rotate", "--json", **where)).out)
    assert again == {"rewrapped": 0, "stale": 0}
    assert "Nothing needs the older master keys" in (await beside("doctor", **where)).out
    assert (await beside("keys", "forget", **where)).status == 0
    assert len((tmp_path / "data" / "master-key").read_text().split()) == 1

    settings = load(port=0, data_dir=tmp_path / "data", grace_period=1)
    store = await SqlStore.open(settings.database)
    [(repository, _)] = await store.repositories()
    value = yaml.safe_load(sealed.out)["KEY"]["sealed"]
    assert (await keyring(settings, store)).open(repository, "KEY", value) == "s3cret"
    await store.close()
    async with Server(settings) as server:
        saved = await beside(
            "artifacts", running.execution, "dist", "-o", str(tmp_path / "dist.tar.gz"), "--url", server.url
        )
        assert saved.status == 0, saved.err
        assert (tmp_path / "dist.tar.gz").stat().st_size


async def test_a_key_that_is_removed_too_early_is_missed_and_named(
    beside: Beside, program: Program, tmp_path: Path
) -> None:
    where = {"PENSTOCK_DATA_DIR": str(tmp_path / "data")}
    async with bot(tmp_path, PIPELINE):
        pass
    await beside("keys", "new", **where)
    await beside("keys", "rotate", **where)
    kept = (tmp_path / "data" / "master-key").read_text()
    (tmp_path / "data" / "master-key").write_text(kept.split()[1])
    doctor = await beside("doctor", **where)
    assert (doctor.status, "need a master key that is not set" in doctor.out) == (1, True)
    served = await program("serve", PENSTOCK_PORT="0", **where)
    assert (served.status, "still needed is not set any more" in served.err) == (2, True)


async def test_a_key_from_the_environment_is_changed_there(beside: Beside, tmp_path: Path) -> None:
    given = {"PENSTOCK_DATA_DIR": str(tmp_path), "PENSTOCK_MASTER_KEY": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="}
    made = await beside("keys", "new", **given)
    assert (made.status, "openssl rand -base64 32" in made.err) == (2, True)
