"""`penstock host`: what a person types, and what the embedded host then has, with no bot running."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.composition.bot import Host, embedded_host
from bot.model.people import Role
from bot.settings import load
from tests.cli.conftest import Typed

WEB = "acme/web"


def typed_json(typed: Typed, *words: str) -> Any:
    ended = typed("host", *words, "--json")
    assert ended.status == 0, ended.err
    return json.loads(ended.out)


def on_host(work: Any) -> Any:
    async def run() -> Any:
        async with embedded_host(load(), "") as host:
            return await work(host)

    return asyncio.run(run())


@pytest.fixture
def ada(typed: Typed) -> str:
    """A user with a repository; their token."""
    token = typed("host", "user", "add", "ada").out.strip()
    assert typed("host", "repository", "create", WEB, "--member", "ada=admin").status == 0
    return token


def test_a_user_is_added_and_shown_a_token_that_opens_the_door(typed: Typed, ada: str) -> None:
    assert ada.startswith("pst_")
    further = typed_json(typed, "user", "token", "ada")
    assert further["login"] == "ada"
    assert further["token"] not in ("", ada)
    assert typed_json(typed, "user", "add", "root", "--admin")["admin"] is True
    assert on_host(lambda host: host.user("root")).admin is True


def test_a_repository_has_the_people_it_was_made_with(typed: Typed, ada: str) -> None:
    typed("host", "user", "add", "ben")
    made = typed_json(
        typed, "repository", "create", "acme/docs", "--public", "--member", "ada=admin", "--member", "ben=read"
    )
    assert made == {"repository": "acme/docs", "url": "http://127.0.0.1:8080/git/acme/docs.git"}
    assert on_host(lambda host: host.members("acme/docs")) == [("ada", Role.ADMIN), ("ben", Role.READ)]
    assert on_host(lambda host: host.repository("acme/docs")).private is False
    listed = typed_json(typed, "list")["repositories"]
    assert [(one["repository"], one["members"]) for one in listed] == [
        ("acme/docs", {"ada": "admin", "ben": "read"}),
        (WEB, {"ada": "admin"}),
    ]


def test_the_list_is_readable_and_says_so_when_there_is_nothing(typed: Typed) -> None:
    assert typed("host", "list").out == (
        "There is no repository yet. `penstock host repository create OWNER/NAME` makes one.\n"
    )
    typed("host", "user", "add", "ada")
    typed("host", "repository", "create", WEB, "--member", "ada=write")
    shown = typed("host", "list").out
    assert "acme/web" in shown
    assert "ada (write)" in shown


def test_a_pull_request_is_opened_commented_and_told_of_as_soon_as_a_bot_runs(typed: Typed, ada: str) -> None:
    on_host(_push_a_branch)
    opened = typed_json(typed, "pull-request", "open", WEB, "change", "--title", "Change it", "--by", "ada")
    assert opened["number"] == 1
    assert opened["url"] == "http://127.0.0.1:8080/host/acme/web/pull/1"
    assert typed("host", "comment", WEB, "1", "/status", "--by", "ada").status == 0
    assert on_host(lambda host: host.database.run(_waiting)) == ["pull_request", "comment"]
    [listed] = typed_json(typed, "list")["repositories"]
    assert listed["pull_requests"] == [{"number": 1, "title": "Change it", "head": opened["head"]}]


async def _push_a_branch(host: Host) -> None:
    path = host.pushes.path(await host.repository(WEB))
    tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    await host.git.run(path, "hash-object", "-t", "tree", "-w", "/dev/null")
    person = ["-c", "user.name=ada", "-c", "user.email=ada@example.test"]
    begin = (await host.git.run(path, *person, "commit-tree", "-m", "Begin", tree)).decode().strip()
    change = (await host.git.run(path, *person, "commit-tree", "-m", "Change", "-p", begin, tree)).decode().strip()
    await host.git.run(path, "update-ref", "refs/heads/main", begin)
    await host.git.run(path, "update-ref", "refs/heads/change", change)


def _waiting(connection: Any) -> list[str]:
    return [event for (event,) in connection.exec_driver_sql("SELECT event FROM deliveries ORDER BY id")]


def test_a_sign_in_link_is_of_the_address_where_the_bot_will_be(
    typed: Typed, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_PUBLIC_URL", "https://ci.example.org")
    link = typed("host", "sign-in", "ada").out
    assert link.startswith("https://ci.example.org/host/sign-in?token=pst_")
    assert link.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (("user", "add", "ada"), 1, "Error: There is a user ada already.\n"),
        (("user", "add", "a b"), 1, "Error: A login has 1 to 39 letters"),
        (("user", "token", "nobody"), 1, "Error: There is no user nobody.\n"),
        (("repository", "create", WEB), 1, "Error: There is a repository acme/web already.\n"),
        (("repository", "create", "acme/new", "--member", "nobody=read"), 1, "Error: There is no user nobody.\n"),
        (("repository", "create", "acme/new", "--member", "ada"), 2, "is not LOGIN=ROLE, with read, write or admin"),
        (("pull-request", "open", WEB, "nothing", "--by", "ada"), 1, "Error: "),
        (("comment", WEB, "7", "/approve", "--by", "ada"), 1, "Error: "),
        (("comment", "acme/none", "1", "/approve", "--by", "ada"), 1, "Error: There is no such repository.\n"),
        (("sign-in", "nobody"), 1, "Error: There is no user nobody.\n"),
    ],
)
def test_what_the_host_will_not_do_is_said_in_a_sentence(
    typed: Typed, ada: str, words: tuple[str, ...], status: int, reason: str
) -> None:
    ended = typed("host", *words)
    assert ended.status == status
    assert reason in ended.err
    assert "Traceback" not in ended.err


def test_a_repository_that_was_refused_is_not_half_made(typed: Typed, ada: str) -> None:
    typed("host", "repository", "create", "acme/new", "--member", "nobody=read")
    assert on_host(lambda host: host.repository_names()) == [WEB]


def test_a_host_that_is_switched_off_is_left_alone(typed: Typed, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PENSTOCK_LOCAL_HOST", "false")
    ended = typed("host", "list")
    assert ended.status == 2
    assert "PENSTOCK_LOCAL_HOST is false" in ended.err
    assert not (folder / "penstock-data").exists()
