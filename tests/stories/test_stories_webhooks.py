"""Pipelines' own webhooks (section 7.5): who may call, which calls start, and what is made of a call's body."""

import hmac
import json
from typing import Any

import pytest
import yaml

from bot.model.delivery import DeliveryOutcome
from bot.runtime.homes import Homes
from bot.runtime.webhooks import Webhooks
from bot.security.seal import seal
from tests.world.repo import Push, Repo
from tests.world.world import MakeWorld, World

SECRET = "the registry's own secret"


def registry_hook(**keys: Any) -> dict[str, Any]:
    hook = {
        "name": "registry",
        "authentication": "hmac",
        "secret": "HOOK",
        "filters": [{"path": "$.ref", "equals": "refs/heads/{branch}"}, {"path": "$.push.tag"}],
        "variables": {"TAG": "$.push.tag"},
        **keys,
    }
    return {key: value for key, value in hook.items() if value is not None}


async def called(world: World, *hooks: dict[str, Any]) -> tuple[Repo, Push]:
    """A repository whose pipeline only webhooks start."""
    repo = await world.repo()
    sealed = seal(world.secrets.public_key(repo.repository), repo.repository, "HOOK", SECRET)
    body = {
        "triggers": {"webhooks": list(hooks)},
        "variables": {"TAG": "none"},
        "secrets": {"HOOK": {"sealed": sealed}},
        "stages": [{"name": "build", "actions": [{"name": "use", "run": "echo #{variables.TAG}"}]}],
    }
    repo.define(yaml.safe_dump(body, default_flow_style=False))
    return repo, await repo.push()


BODY = {"ref": "refs/heads/main", "push": {"tag": "$(reboot)"}}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()}


@pytest.mark.engine
async def test_feature_24_a_signed_call_starts_the_newest_commit_with_what_it_says(world: World) -> None:
    repo, push = await called(world, registry_hook())
    [listed] = (await world.json("/api/webhooks"))["webhooks"]
    path = listed["url"].removeprefix(world.url)
    body = json.dumps(BODY).encode()
    assert await world.call(path, body, {}) == 401
    assert await world.call(path, body, signed(body, "another")) == 403
    assert await world.call(path, body + b" ", signed(body)) == 403
    assert await world.call(path[:-1] + "0", body, signed(body)) == 404
    assert await repo.executions() == []

    assert await world.call(path, body, signed(body)) == 202
    [execution] = await repo.executions()
    assert execution.revision.commit == push.commit
    assert (str(execution.trigger.kind), execution.trigger.detail) == ("webhook", "registry")
    assert execution.variables == {"TAG": "$(reboot)"}
    assert str(execution.status) == "Succeeded"
    assert "webhook · registry" in await world.page(f"/executions/{execution.id}")
    assert listed["url"] in await world.page(
        f"/repositories/{world.host.provider.name}/{repo.repository.full_name}/-/web"
    )


@pytest.mark.anywhere
async def test_feature_24_a_call_that_does_not_pass_is_passed_over_with_its_reason(world: World) -> None:
    repo, _ = await called(world, registry_hook())
    path = await path_of(world)
    for body, reason in (
        ({**BODY, "ref": "refs/heads/next"}, '$.ref is "refs/heads/next", and must be "refs/heads/main"'),
        ({"ref": "refs/heads/main"}, "$.push.tag is not in it"),
        ({"push": {"tag": "v1"}}, '$.ref is not in it, and must be "refs/heads/main"'),
        ({**BODY, "push": {"tag": "x" * 1001}}, "the value for TAG is longer than 1000 characters"),
        ("no mapping", '$.ref is not in it, and must be "refs/heads/main"'),
    ):
        raw = json.dumps(body).encode()
        assert await world.call(path, raw, signed(raw)) == 202
        assert await outcome(world) == (DeliveryOutcome.IGNORED, f"registry: {reason}")
        [listed] = (await world.json("/api/webhooks"))["webhooks"]
        assert listed["last_call"] == {"at": world.clock.at, "result": f"ignored: registry: {reason}"}
    assert await world.call(path, b"{", signed(b"{")) == 202
    assert await outcome(world) == (DeliveryOutcome.IGNORED, "registry: the body is no JSON")
    assert await repo.executions() == []


@pytest.mark.anywhere
async def test_a_call_that_is_made_again_under_its_name_starts_once(world: World) -> None:
    repo, _ = await called(world, registry_hook(authentication="none", secret=None))
    path, body = await path_of(world), json.dumps(BODY).encode()
    assert await world.call(path, body, {"webhook-id": "one"}) == 202
    assert await world.call(path, body, {"webhook-id": "one"}) == 200
    assert await world.call(path, body, {"webhook-id": "two"}) == 202
    assert await world.call(path, body, {}) == 202
    assert len(await repo.executions()) == 3


@pytest.mark.anywhere
async def test_who_may_call_by_address(world: World) -> None:
    repo, _ = await called(
        world,
        registry_hook(name="near", authentication="ip", secret=None, allowed_ips=["127.0.0.0/8"]),
        registry_hook(name="far", authentication="ip", secret=None, allowed_ips=["203.0.113.0/24", "2001:db8::/32"]),
    )
    near, far = [each["url"].removeprefix(world.url) for each in (await world.json("/api/webhooks"))["webhooks"]]
    body = json.dumps(BODY).encode()
    assert await world.call(far, body, {"X-Forwarded-For": "203.0.113.7"}) == 403, (
        "nobody is believed whom they forward"
    )
    assert await world.call(near, body, {}) == 202
    assert len(await repo.executions()) == 1


@pytest.mark.anywhere
async def test_only_the_home_branch_has_webhooks_and_they_go_with_it(world: World) -> None:
    repo, _ = await called(world, registry_hook(authentication="none", secret=None))
    path, body = await path_of(world), json.dumps(BODY).encode()
    repo.define("build", triggers={"webhooks": [{"name": "mine", "authentication": "none"}]})
    await repo.open_pull_request(by=world.ben)
    assert [each["name"] for each in (await world.json("/api/webhooks"))["webhooks"]] == ["registry"]
    repo.define("build", triggers={})
    await repo.push()
    assert await world.call(path, body, {}) == 404
    assert await repo.executions() == []


@pytest.mark.anywhere
async def test_no_other_branch_takes_a_pipeline_from_its_home(world: World) -> None:
    """Whoever may push some branch would else open the webhooks of another to all, and have them start what they like."""
    repo, push = await called(world, registry_hook())
    path, body = await path_of(world), json.dumps(BODY).encode()
    open_to_all = [{"name": "registry", "authentication": "none"}]
    repo.define("build", triggers={"push": {"branches": ["evil"]}, "webhooks": open_to_all})
    await repo.push(branch="evil", by=world.ben)
    before = await repo.executions()
    assert await world.call(path, body, {}) == 401
    assert await world.call(path, body, signed(body)) == 202
    [started] = [one for one in await repo.executions() if one not in before]
    assert started.revision.commit == push.commit
    homes = Homes(world.store)
    await homes.start()
    assert {home.branch for home in homes} == {"main"}


@pytest.mark.anywhere
async def test_the_webhooks_are_known_in_the_next_life(make_world: MakeWorld) -> None:
    async with make_world(sql=True) as world:
        await called(world, registry_hook())
        path, homes = await path_of(world), Homes(world.store)
        await homes.start()
        assert [home.pipeline.triggers.webhooks[0].name for home in homes] == ["registry"]
        [address] = Webhooks(homes, world.bot.webhooks._at_home, world.secrets).addresses()
        assert path.endswith(address.id)


async def path_of(world: World) -> str:
    [listed] = (await world.json("/api/webhooks"))["webhooks"]
    return str(listed["url"]).removeprefix(world.url)


async def outcome(world: World) -> tuple[DeliveryOutcome, str]:
    """What became of the newest delivery."""
    await world.bot.inbox.settled()
    store: Any = world.store
    _, what, reason = list(store._deliveries.values())[-1]
    return what, reason
