"""Requests are held to GitHub's published description of its API: by the fake, in every test and story that the bot asks it in."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.github.client import GitHubClient
from providers.github.sign_in import TokenSignIn, about
from tests.world.github.description import EXTRACT, problems
from tests.world.github.server import FakeGitHub, operations

SHA = "a" * 40


def test_every_operation_of_the_fake_is_described() -> None:
    def anonymous(path: str) -> str:
        return re.sub(r"\{[^{}]+\}", "{}", path)

    described = {
        (method.upper(), anonymous(path))
        for path, methods in json.loads(EXTRACT.read_text())["paths"].items()
        for method in methods
    }
    assert described == {(method, anonymous(path)) for method, path in operations()}


@pytest.mark.parametrize(
    ("method", "path", "body", "wrong"),
    [
        ("POST", f"/repos/acme/web/statuses/{SHA}", {"state": "success"}, ""),
        ("POST", f"/repositories/7/statuses/{SHA}", {"state": "done"}, "is not one of"),
        ("POST", f"/repositories/7/statuses/{SHA}", {"state": "success", "colour": "green"}, "colour"),
        ("POST", "/repositories/7/check-runs", {"name": "web"}, "'head_sha' is a required property"),
        ("PATCH", "/repositories/7/check-runs/3", {"output": {"summary": "x" * 65536}}, "is too long"),
        ("GET", "/repositories/7/git/ref/heads/a/b", {}, ""),
        ("GET", "/repositories/7/git/ref/heads/main", {"sha": SHA}, "no body"),
        ("PUT", "/repositories/7", {}, "no such operation"),
    ],
)
def test_a_request_is_held_to_the_description(method: str, path: str, body: Any, wrong: str) -> None:
    found = "; ".join(problems(method, path, {}, body))
    assert wrong in found if wrong else not found


def test_a_parameter_that_is_not_described_is_refused() -> None:
    assert not problems("GET", "/repositories/7/deployments", {"per_page": "100", "environment": "production"}, {})
    assert problems("GET", "/repositories/7/deployments", {"per_page": "many"}, {})
    assert problems("GET", "/repositories/7/deployments", {"since": "yesterday"}, {})


async def test_the_fake_fails_a_test_whose_request_does_not_fit(tmp_path: Path) -> None:
    github = FakeGitHub(tmp_path)
    await github.start()
    web = await github.repository("acme/web")
    client = GitHubClient(github.api_url, TokenSignIn(github.token(github.bot)), 10)
    path, scope = f"/repositories/{web.id}/statuses/{SHA}", about(Repository("github", str(web.id), web.full_name))
    with pytest.raises(HostRefused, match="is not one of"):
        await client.call(
            lambda asked: asked.requester.requestJsonAndCheck("POST", path, input={"state": "done"}), scope
        )
    await client.close()
    with pytest.raises(AssertionError, match="is not one of"):
        await github.close()
