"""What follows from each way that GitLab can answer."""

import asyncio
import time
from itertools import pairwise

import pytest

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.repository import Repository
from bot.ports import HostRefused, HostUnavailable, ProviderError
from providers.gitlab.provider import GitLabProvider
from tests.providers.gitlab.conftest import Scene
from tests.world.fake import faults
from tests.world.fake.faults import Fault
from tests.world.gitlab import nouns
from tests.world.gitlab.faults import rate_limited
from tests.world.gitlab.under_test import SystemClock

MARKER = "<!-- penstock:pipeline:web -->"


async def a_thread(scene: Scene) -> Thread:
    await scene.gitlab.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    request = await scene.gitlab.open_merge_request(scene.web, "fix", scene.ada, "Fix")
    return Thread(ThreadKind.PULL_REQUEST, str(request.iid))


async def role_of(scene: Scene, account: nouns.Account) -> Role:
    return await scene.provider.role(scene.repository, Person(account.username, str(account.id)))


def answer(status: int, body: str = "{}", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("answer", status, body, {"Content-Type": "application/json"} | named)


LATER = [
    (faults.bad_gateway(), 0, 0),
    (answer(500), 0, 0),
    (answer(503, Retry_After="7"), 7, 7),
    (faults.garbage(), 0, 0),
    (answer(201, '["a list"]'), 0, 0),
    (answer(201, ""), 0, 0),
    (faults.reset(), 0, 0),
    (rate_limited(4), 4, 4),
    (rate_limited(None), 60, 60),
    (answer(429, RateLimit_Reset=str(int(time.time()) + 3000)), 1200, 3000),
    (answer(429, RateLimit_Reset="99999999999"), 3000, 3600),
    (answer(429, RateLimit_Reset="12"), 1, 1),
    (answer(429, Retry_After="soon"), 60, 60),
]


@pytest.mark.parametrize(("fault", "least", "most"), LATER)
async def test_what_passes_is_to_be_tried_again_later(scene: Scene, fault: Fault, least: int, most: int) -> None:
    scene.gitlab.fail_next(fault)
    with pytest.raises(HostUnavailable) as raised:
        await scene.provider.set_status(scene.status())
    assert least <= raised.value.retry_after <= most
    assert len(scene.calls()) == 1, "when to ask again is not the provider's to decide"


NEVER = [
    (answer(401, '{"message": "401 Unauthorized"}'), "401 Unauthorized.*PENSTOCK_GITLAB_TOKEN"),
    (answer(403, '{"error": "insufficient_scope", "scope": "api"}'), "insufficient_scope.*needs the scope: api"),
    (answer(404, '{"message": "404 Project Not Found"}'), "404 Project Not Found"),
    (answer(410, '{"message": "Gone"}'), "410"),
    (answer(400, '{"message": {"description": ["is too long"]}}'), "is too long"),
    (answer(400, '{"error": "state is missing"}'), "state is missing"),
    (answer(422, "not json"), "422: no reason given"),
    (answer(400, '["a list"]'), "400: no reason given"),
]


@pytest.mark.parametrize(("fault", "said"), NEVER)
async def test_what_will_not_pass_is_refused_with_gitlabs_reason(scene: Scene, fault: Fault, said: str) -> None:
    scene.gitlab.fail_next(fault)
    with pytest.raises(HostRefused, match=said):
        await scene.provider.set_status(scene.status())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_is_followed(scene: Scene, status: int) -> None:
    """The token would go along to wherever it leads."""
    thread = await a_thread(scene)
    scene.calls()
    scene.gitlab.fail_next(answer(status, Location=f"{scene.gitlab.url}/api/v4/user"), times=2)
    with pytest.raises(ProviderError, match="PENSTOCK_GITLAB_URL"):
        await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    with pytest.raises(ProviderError, match="PENSTOCK_GITLAB_URL"):
        await scene.provider.set_status(scene.status())
    assert len(scene.calls()) == 2


async def test_while_a_limit_lasts_nothing_at_all_is_sent(scene: Scene) -> None:
    scene.gitlab.fail_next(rate_limited(30))
    waits = []
    for ask in (
        lambda: scene.provider.set_status(scene.status()),
        lambda: scene.provider.head(scene.repository, "main"),
        lambda: role_of(scene, scene.ada),
    ):
        with pytest.raises(HostUnavailable) as raised:
            await ask()
        waits.append(raised.value.retry_after)
    assert len(scene.calls()) == 1
    assert all(later <= earlier for earlier, later in pairwise(waits))


async def test_the_hosts_own_limit_is_obeyed(scene: Scene) -> None:
    scene.gitlab.api.rate.observed = scene.gitlab.api.rate.limit - 1
    await scene.provider.set_status(scene.status())
    with pytest.raises(HostUnavailable) as raised:
        await scene.provider.set_status(scene.status(context="penstock/other"))
    assert 1 <= raised.value.retry_after <= 60
    assert scene.provider.health.remaining == 0


async def test_a_host_that_is_not_there_is_tried_again(scene: Scene) -> None:
    await scene.gitlab.close()
    with pytest.raises(HostUnavailable, match="could not be reached"):
        await scene.provider.set_status(scene.status())


async def test_a_host_that_does_not_answer_in_time_is_tried_again(scene: Scene) -> None:
    provider = scene.other(scene.token, timeout=0.2)
    scene.gitlab.fail_next(faults.held())
    with pytest.raises(HostUnavailable, match="in time"):
        await provider.set_status(scene.status())
    await provider.close()


async def test_the_loop_goes_on_while_gitlab_takes_its_time(scene: Scene) -> None:
    held = scene.gitlab.fail_next(faults.held())
    call = asyncio.create_task(scene.provider.set_status(scene.status()))
    await held.entered.wait()  # Only a free loop gets here: the fake lives on the same one.
    assert not call.done()
    held.release.set()
    await call


async def test_calls_side_by_side_are_not_mixed_up(scene: Scene) -> None:
    """Neither a session of requests nor the headers of its last answer are shared by threads."""
    people = [scene.gitlab.user(f"person-{number}") for number in range(40)]
    for number, person in enumerate(people):
        scene.gitlab.grant(scene.web, person, (0, 20, 30, 40)[number % 4])
    roles = await asyncio.gather(*(role_of(scene, person) for person in people))
    assert roles == [Role.NONE, Role.READ, Role.WRITE, Role.ADMIN] * 10


async def test_one_connection_a_thread_is_used_again_and_again(scene: Scene) -> None:
    for number in range(12):
        await scene.provider.head(scene.repository, f"branch-{number}")
    assert len(scene.gitlab.api.peers) <= 4


async def test_a_token_tells_whose_it_is_what_it_may_and_how_long(scene: Scene) -> None:
    token = await scene.provider.token()
    assert (token.login, token.scopes, token.expires_at) == ("penstock-bot", ("api",), "")
    expired = scene.other(scene.gitlab.token(scene.gitlab.bot, expires_at="2020-01-01"))
    with pytest.raises(HostRefused, match="401 Unauthorized"):
        await expired.token()
    await expired.close()


async def test_without_a_token_nothing_is_asked(scene: Scene) -> None:
    provider = scene.other("")
    with pytest.raises(HostRefused, match="PENSTOCK_GITLAB_TOKEN"):
        await provider.set_status(scene.status())
    assert not scene.calls()
    await provider.close()


async def test_a_repository_that_is_not_gitlabs_is_refused_before_anything_is_asked(scene: Scene) -> None:
    for identity in ("", "../user", "-1", "²"):
        with pytest.raises(HostRefused):
            await scene.provider.head(Repository("gitlab", identity, "acme/web"), "main")
    assert not scene.calls()


async def test_no_error_shows_a_secret(scene: Scene) -> None:
    for fault in (faults.bad_gateway(), faults.reset(), answer(401, '{"message": "401 Unauthorized"}')):
        scene.gitlab.fail_next(fault)
        with pytest.raises(ProviderError) as raised:
            await scene.provider.set_status(scene.status())
        assert scene.token not in repr(raised.value)
        assert raised.value.__cause__ is None
    assert scene.token not in repr(await scene.provider.remote(scene.repository))


async def test_a_certificate_that_nobody_vouches_for_is_refused(scene: Scene) -> None:
    """Whom to trust may be set; that nobody be trusted may not."""
    provider = GitLabProvider("https://127.0.0.1:1", SystemClock(), token="x", ca_bundle="/nowhere/ca.pem")
    with pytest.raises(ProviderError):
        await provider.head(scene.repository, "main")
    await provider.close()
