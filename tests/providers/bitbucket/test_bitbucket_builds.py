"""The keys of build statuses: 40 characters on Bitbucket Cloud, and yet one can tell by them what they are of."""

import pytest

from providers.bitbucket.builds import key_of
from providers.bitbucket.cloud.provider import LONGEST_KEY

LONG = "penstock/integration-tests/deploy-to-staging-and-wait"


def test_a_context_that_fits_is_its_own_key() -> None:
    assert key_of("penstock/web/build", LONGEST_KEY) == "penstock/web/build"
    assert key_of("x" * LONGEST_KEY, LONGEST_KEY) == "x" * LONGEST_KEY


def test_a_longer_one_keeps_a_readable_start_and_a_hash_that_is_always_the_same() -> None:
    """Written down: another key would leave the statuses of running executions behind for ever."""
    assert key_of(LONG, LONGEST_KEY) == "penstock/integration-tests/de-3b0497ef61"
    assert len(key_of(LONG, LONGEST_KEY)) == LONGEST_KEY == 40


@pytest.mark.parametrize("other", [f"{LONG}-longer", LONG[:-1], LONG[: LONGEST_KEY + 1], LONG.replace("wait", "Wait")])
def test_contexts_that_begin_alike_have_keys_of_their_own(other: str) -> None:
    assert key_of(other, LONGEST_KEY) != key_of(LONG, LONGEST_KEY)
    assert key_of(other, LONGEST_KEY).startswith(other[:29])
