"""What can go wrong when GitHub is asked: what is tried again later, what is refused, and what no error shows."""

import time
from itertools import pairwise

import pytest

from bot.model.people import Person
from bot.model.repository import Repository
from bot.ports import HostRefused, HostUnavailable, ProviderError
from providers.github.provider import GitHubProvider
from tests.providers.github.commenting import MARKER, a_thread
from tests.providers.github.conftest import Scene
from tests.world.fake import faults
from tests.world.fake.faults import Fault
from tests.world.github.faults import secondary_limit


def answer(status: int, body: str = "{}", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("answer", status, body, {"Content-Type": "application/json"} | named)


LATER = [
    (faults.bad_gateway(), 0, 0),
    (answer(500), 0, 0),
    (answer(503, Retry_After="7"), 7, 7),
    (faults.garbage(), 0, 0),
    (answer(201, '["a list"]'), 0, 0),
    (faults.reset(), 0, 0),
    (secondary_limit(4), 4, 4),
    (secondary_limit(None), 60, 60),
    (answer(429, Retry_After="9"), 9, 9),
    (answer(403, '{"message": "API rate limit exceeded for user ID 1."}', X_RateLimit_Remaining="0"), 60, 60),
    (answer(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(int(time.time()) + 3000)), 1200, 3000),
    (answer(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="99999999999"), 3000, 3600),
    (answer(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="12"), 1, 1),
    (answer(429, Retry_After="soon"), 60, 60),
]


@pytest.mark.parametrize(("fault", "least", "most"), LATER)
async def test_what_passes_is_to_be_tried_again_later(scene: Scene, fault: Fault, least: int, most: int) -> None:
    scene.github.fail_next(fault)
    with pytest.raises(HostUnavailable) as raised:
        await scene.provider.set_status(scene.status())
    assert least <= raised.value.retry_after <= most


NEVER = [
    (answer(401, '{"message": "Bad credentials"}'), "Bad credentials.*PENSTOCK_GITHUB_TOKEN"),
    (answer(403, '{"message": "Resource not accessible", "errors": []}'), "403: Resource not accessible"),
    (answer(404, '{"message": "Not Found"}', X_Accepted_OAuth_Scopes="repo"), "Not Found.*needs: repo"),
    (answer(410, '{"message": "Gone"}'), "410"),
    (answer(422, '{"message": "Validation Failed", "errors": [{"message": "too long"}]}'), "Failed: too long"),
    (answer(422, '{"message": "Validation Failed", "errors": ["bad"]}'), "Failed: bad"),
    (answer(400, "not json"), "400: no reason given"),
]


async def test_a_redirect_is_not_taken_for_a_comment(scene: Scene) -> None:
    thread = await a_thread(scene)
    scene.github.fail_next(answer(307, '{"message": "Temporary Redirect"}'), "POST")
    with pytest.raises(ProviderError):
        await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")


@pytest.mark.parametrize(("fault", "said"), NEVER)
async def test_what_will_not_pass_is_refused_with_githubs_reason(scene: Scene, fault: Fault, said: str) -> None:
    scene.github.fail_next(fault)
    with pytest.raises(HostRefused, match=said):
        await scene.provider.set_status(scene.status())


async def test_while_a_limit_lasts_nothing_at_all_is_sent(scene: Scene) -> None:
    scene.github.fail_next(secondary_limit(30))
    waits = []
    for ask in (
        lambda: scene.provider.set_status(scene.status()),
        lambda: scene.provider.head(scene.repository, "main"),
        lambda: scene.provider.role(scene.repository, Person("ada")),
    ):
        with pytest.raises(HostUnavailable) as raised:
            await ask()
        waits.append(raised.value.retry_after)
    assert len(scene.calls()) == 1
    assert all(later <= earlier for earlier, later in pairwise(waits))


async def test_the_primary_limit_is_obeyed(scene: Scene) -> None:
    scene.github.api.rate.used = scene.github.api.rate.limit - 1
    await scene.provider.set_status(scene.status())
    with pytest.raises(HostUnavailable) as raised:
        await scene.provider.set_status(scene.status())
    assert 3500 < raised.value.retry_after <= 3600
    assert scene.provider.health.remaining == 0


async def test_a_host_that_is_not_there_is_tried_again(scene: Scene) -> None:
    await scene.github.close()
    with pytest.raises(HostUnavailable, match="could not be reached"):
        await scene.provider.set_status(scene.status())


async def test_a_host_that_does_not_answer_in_time_is_tried_again(scene: Scene) -> None:
    provider = GitHubProvider(scene.github.url, scene.github.api_url, [], scene.token, timeout=1)
    scene.github.fail_next(faults.held())
    with pytest.raises(HostUnavailable, match="in time"):
        await provider.set_status(scene.status())
    await provider.close()


async def test_a_token_tells_whose_it_is(scene: Scene) -> None:
    assert await scene.provider.login() == "penstock-bot"
    stolen = GitHubProvider(scene.github.url, scene.github.api_url, [], "revoked")
    with pytest.raises(HostRefused, match="Bad credentials"):
        await stolen.login()
    await stolen.close()


async def test_without_a_token_nothing_is_asked(scene: Scene) -> None:
    provider = GitHubProvider(scene.github.url, scene.github.api_url, ["secret"])
    with pytest.raises(HostRefused, match="PENSTOCK_GITHUB_TOKEN"):
        await provider.set_status(scene.status())
    assert not scene.calls()
    await provider.close()


async def test_a_repository_that_is_not_githubs_is_refused_before_anything_is_asked(scene: Scene) -> None:
    for identity in ("", "../user", "-1", "²"):
        with pytest.raises(HostRefused):
            await scene.provider.head(Repository("github", identity, "acme/web"), "main")
    assert not scene.calls()


async def test_no_error_shows_a_secret(scene: Scene) -> None:
    for fault in (faults.bad_gateway(), faults.reset(), answer(401, '{"message": "Bad credentials"}')):
        scene.github.fail_next(fault)
        with pytest.raises(ProviderError) as raised:
            await scene.provider.set_status(scene.status())
        assert scene.token not in repr(raised.value)
        assert raised.value.__cause__ is None
    assert scene.token not in repr(await scene.provider.remote(scene.repository))
