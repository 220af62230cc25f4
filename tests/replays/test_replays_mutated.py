"""Whatever a delivery's body says, it is read as events or as nothing, with fields that nothing later stumbles over; and unsigned it is not read."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from tests.replays.edges import HostEdge, edges
from tests.replays.mutated import forged, read_anyhow, strangely_headed

HOSTS = ("bitbucket", "bitbucket-dc", "github", "gitlab", "local")
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, HostEdge]:
    folder: Path = tmp_path_factory.mktemp("embedded")
    return edges(folder)


@pytest.mark.parametrize("host", HOSTS)
@FEW
@given(chance=st.randoms(use_true_random=False))
def test_whatever_is_signed_is_read_or_ignored(hosts: Mapping[str, HostEdge], host: str, chance: Random) -> None:
    read_anyhow(hosts[host], chance)


@pytest.mark.parametrize("host", HOSTS)
@FEW
@given(chance=st.randoms(use_true_random=False))
def test_what_is_not_signed_is_not_taken(hosts: Mapping[str, HostEdge], host: str, chance: Random) -> None:
    edge = hosts[host]
    headers, body = forged(edge, chance)
    with pytest.raises((SignatureMissing, SignatureWrong, NotADelivery)):
        edge.provider.verify(headers, body)


@pytest.mark.parametrize("host", HOSTS)
@FEW
@given(chance=st.randoms(use_true_random=False))
def test_whatever_the_headers_are_it_is_read_or_refused(
    hosts: Mapping[str, HostEdge], host: str, chance: Random
) -> None:
    strangely_headed(hosts[host], chance)
