"""The table of what hosts have: whole, explained, and of one mind with what the providers are told of their limits."""

import pytest

from providers.features import FEATURES, HOSTS, LIMITS, Answer, Feature, has

EMBEDDED = "local"


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_host_answers_a_no_has_its_reason_and_every_answer_its_page(feature: Feature) -> None:
    assert set(feature.answers) == set(HOSTS) == set(LIMITS)
    for host, answer in feature.answers.items():
        assert answer.has or answer.words, f"{feature.name}: {host} has not, and it is not said why"
        assert answer.page.startswith("https://") or host == EMBEDDED, f"{feature.name}: where does {host} say so?"


def test_no_feature_is_there_twice() -> None:
    assert len({feature.name for feature in FEATURES}) == len({feature.title for feature in FEATURES}) == len(FEATURES)


@pytest.mark.parametrize("host", HOSTS)
def test_what_a_provider_is_told_is_what_the_table_says(host: str) -> None:
    limits = LIMITS[host]
    told = {"pings": limits.pings, "reactions": limits.reactions, "folding": limits.folding, "checks": limits.checks}
    assert told == {name: has(host, name).has for name in told}


def test_a_feature_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        has("github", "telepathy")
    assert isinstance(has("github", "checks"), Answer)
