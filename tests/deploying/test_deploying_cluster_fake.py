"""The fake cluster is as strict as a real one: both give the same answers to what deployments ask."""

import json
import os
from pathlib import Path

import aiohttp
import pytest

from tests.world.kubernetes.exchanges import RECORDED, SCRIPT, record, told
from tests.world.kubernetes.server import TOKEN, Cluster


async def test_the_fake_answers_as_a_real_server_did() -> None:
    cluster = Cluster()
    await cluster.start()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as session:
        found = [await told(session, cluster.url, headers, ask) for ask in SCRIPT]
    await cluster.close()
    assert [{"ask": ask.name, **one} for ask, one in zip(SCRIPT, found, strict=True)] == json.loads(
        RECORDED.read_text()
    )


@pytest.mark.skipif(
    "PENSTOCK_TEST_KUBECONFIG" not in os.environ, reason="no cluster of yours: PENSTOCK_TEST_KUBECONFIG"
)
async def test_a_cluster_of_yours_answers_as_the_recorded_one_did() -> None:
    found = await record(Path(os.environ["PENSTOCK_TEST_KUBECONFIG"]))
    wanted = [{key: each[key] for key in each if key != "ask"} for each in json.loads(RECORDED.read_text())]
    assert [each["status"] for each in found] == [each["status"] for each in wanted]
