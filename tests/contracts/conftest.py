"""The adapters under contract. A new Git host adds itself to HOSTS; nothing else changes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.contracts.host_under_test import HostUnderTest
from tests.contracts.local_under_test import local_host
from tests.world.bitbucket.under_test import cloud_under_test, data_center_under_test
from tests.world.github.under_test import github_app_under_test, github_under_test
from tests.world.gitlab.under_test import gitlab_under_test

HOSTS: dict[str, Callable[[Path], AbstractAsyncContextManager[HostUnderTest]]] = {
    "bitbucket": cloud_under_test,
    "bitbucket-dc": data_center_under_test,
    "github": github_under_test,
    "github-app": github_app_under_test,
    "gitlab": gitlab_under_test,
    "local": local_host,
}


@pytest.fixture(params=sorted(HOSTS))
async def host(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[HostUnderTest]:
    async with HOSTS[request.param](tmp_path) as under_test:
        yield under_test
