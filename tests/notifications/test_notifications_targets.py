"""Targets: what their addresses are for, what is told of wrong ones, and mail as a real mail server gets it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.core.effects import Notify
from bot.endpoints.outside import Outside
from bot.messages.notifications import notice
from bot.model.notification import NotificationEvent
from bot.model.results import ResultsSummary
from bot.notifications.chats import Chat
from bot.notifications.targets import TargetInvalid, Targets
from bot.ports import HostRefused, HostUnavailable
from tests.world.builders import NOW, built
from tests.world.local_host import WallClock
from tests.world.parts import WHSEC
from tests.world.patience import PATIENCE

HOSTILE = "@everyone <!channel> [click](https://evil.example)\x1b[31m\nsecond line"


class Post:
    """Keeps what is sent to it; refuses while it is `full`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.full = False

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        if self.full:
            return "452 no room"
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keeper = Post()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    yield keeper, port
    controller.stop()


def targets(urls: dict[str, str], secrets: dict[str, str] | None = None) -> Targets:
    return Targets(Outside(), WallClock(), urls, secrets or {})


async def test_mail_arrives_with_strangers_words_as_words(post: tuple[Post, int]) -> None:
    keeper, port = post
    told = targets({"ops": f"mailto://127.0.0.1:{port}?from=penstock@example.org&to=ops@example.org&mode=insecure"})
    execution = built("build: unit=failed")
    hurt = execution.changed(summary=HOSTILE)
    effect = Notify("ops", hurt.execution.id, NotificationEvent.FAILED, NOW, 1)
    await told.send("ops", notice(effect, hurt.execution, hurt.pipeline, "https://bot.example.org"))
    [mail] = keeper.mails
    assert mail["To"] == "ops@example.org"
    assert str(mail["Subject"]).startswith("web #12 failed: build/unit")
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"https://bot.example.org/executions/{hurt.execution.id}" in body.get_content()


async def test_messages_to_one_chat_go_one_after_another_and_keep_no_threads_from_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Apprise sleeps between two messages, however many wait."""
    told, go, said = Chat("mailto://127.0.0.1:1?from=penstock@example.org&to=ops@example.org"), Event(), list[str]()

    def slow(*, title: str, **_: object) -> bool:
        said.append(f"{title} begins")
        go.wait(20)
        said.append(f"{title} ends")
        return True

    monkeypatch.setattr(told._apprise, "notify", slow)
    execution = built("build: unit=failed")
    effect = Notify("ops", execution.execution.id, NotificationEvent.FAILED, NOW, 1)
    one = notice(effect, execution.execution, execution.pipeline, "https://bot.example.org")
    titles = [str(number) for number in range(40)]
    sending = [asyncio.create_task(told.send(replace(one, title=title))) for title in titles]
    await asyncio.sleep(0)  # all of them have begun
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.to_thread(lambda: "done") == "done"
    go.set()
    await asyncio.gather(*sending)
    assert said == [f"{title} {what}" for title in titles for what in ("begins", "ends")]


async def test_a_mail_server_that_does_not_take_it_is_asked_again_later(post: tuple[Post, int]) -> None:
    keeper, port = post
    keeper.full = True
    told = targets({"ops": f"mailto://127.0.0.1:{port}?from=penstock@example.org&to=ops@example.org&mode=insecure"})
    execution = built("build: unit=failed")
    effect = Notify("ops", execution.execution.id, NotificationEvent.FAILED, NOW, 1)
    with pytest.raises(HostUnavailable):
        await told.send("ops", notice(effect, execution.execution, execution.pipeline, "https://bot.example.org"))


@pytest.mark.parametrize(
    ("status", "raised"),
    [(200, None), (204, None), (302, HostRefused), (404, HostRefused)]
    + [(status, HostUnavailable) for status in (408, 425, 429, 500, 503)],
)
async def test_what_an_endpoint_answers_says_whether_it_is_told_again(
    monkeypatch: pytest.MonkeyPatch, status: int, raised: type[Exception] | None
) -> None:
    async def answered(*_given: object) -> int:
        return status

    monkeypatch.setattr(Outside, "tell", answered)
    execution = built("build: unit=failed")
    effect = Notify("ops", execution.execution.id, NotificationEvent.FAILED, NOW, 1)
    one = notice(effect, execution.execution, execution.pipeline, "https://bot.example.org")
    with pytest.raises(raised, match=str(status)) if raised else nullcontext():
        await targets({"ops": "https://ops.example.org/events"}).send("ops", one)


def test_strangers_words_are_nothing_to_a_chat() -> None:
    execution = built("build: unit=ok").changed(summary=HOSTILE)
    effect = Notify("ops", execution.execution.id, NotificationEvent.CANCELED, NOW, 1)
    title = notice(effect, execution.execution, execution.pipeline, "https://bot.example.org").title
    for command in ("@everyone", "<!channel>", "](https", "\x1b", "\n"):
        assert command not in title
    assert "everyone" in title


@pytest.mark.parametrize(
    ("event", "summary", "title"),
    [
        (NotificationEvent.CANCELED, "stopped by ada: wrong branch", "web #12 was stopped by ada: wrong branch"),
        (NotificationEvent.CANCELED, "stage prod is gone", "web #12 was stopped: stage prod is gone"),
        (NotificationEvent.SUPERSEDED, "superseded by execution 13", "web #12 was superseded by execution 13"),
        (NotificationEvent.STARTED, "", "web #12 has started"),
    ],
)
def test_a_title_says_nothing_twice(event: NotificationEvent, summary: str, title: str) -> None:
    execution = built("build: unit=ok").changed(summary=summary)
    effect = Notify("ops", execution.execution.id, event, NOW, 1)
    assert notice(effect, execution.execution, execution.pipeline, "https://bot.example.org").title == title


def test_rep_9_a_failure_is_told_with_the_tests_that_failed_anew() -> None:
    results = ResultsSummary(9, 3, new=2, newly=("s > a", "s > <b>"))
    execution = built("build: unit=failed")
    [stage] = execution.execution.stages
    [run] = stage.actions
    execution = execution.changed(stages=(replace(stage, actions=(replace(run, results=results),)),))
    effect = Notify("ops", execution.execution.id, NotificationEvent.FAILED, NOW, 1)
    text = notice(effect, execution.execution, execution.pipeline, "https://bot.example.org").text
    assert text.splitlines()[1] == "unit: 9 passed, 3 failed (2 new). New: s > a, s > <\u200bb>"


@pytest.mark.parametrize(
    ("urls", "secrets", "said"),
    [
        ({"team": "nothing://at/all"}, {}, "team: Apprise knows no such address"),
        (
            {"events": "https://example.org/x"},
            {"events": "whsec_!"},
            "events: its secret is none: it is written whsec_",
        ),
        ({"team": "json://example.org"}, {"team": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "team: only an http"),
        ({}, {"events": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "events: only an http or https target"),
    ],
)
async def test_what_is_wrong_with_a_target_is_told_without_its_secrets(
    urls: dict[str, str], secrets: dict[str, str], said: str
) -> None:
    with pytest.raises(TargetInvalid) as error:
        targets(urls, secrets)
    assert str(error.value).startswith(said)
    assert "at/all" not in str(error.value)
    assert "whsec_!" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX", "Slack"),
        ("https://discord.com/api/webhooks/000000000000000000/XXXXXXXXXXXXXXXXXXXX", "Discord"),
        (
            "https://prod-16.westeurope.logic.azure.com:443/workflows/0000/triggers/manual/paths/invoke?sp=%2Frun&sig=XXXXXXXX",
            "Power Automate / Workflows (for MSTeams)",
        ),
    ],
)
def test_a_chats_webhook_is_a_chat_as_it_is_given_out(url: str, service: str) -> None:
    """Sent a CloudEvent, it would refuse it. With a secret it is an endpoint that checks signatures, whoever serves it."""
    chat = targets({"team": url})._chats["team"]
    assert isinstance(chat, Chat)
    assert [str(one.service_name) for one in chat._apprise.services] == [service]
    assert not targets({"team": url}, {"team": WHSEC})._chats


def test_a_page_of_a_chat_is_no_webhook_and_is_refused_without_being_repeated() -> None:
    with pytest.raises(TargetInvalid, match="team: Apprise knows no such address") as refused:
        targets({"team": "https://hooks.slack.com/hunter2"})
    assert "hunter2" not in str(refused.value)


def test_what_only_ends_like_a_chat_s_name_is_an_endpoint_of_its_own() -> None:
    assert "team" in targets({"team": "https://nothooks.slack.com/services/T0/B0/X"})._endpoints
