"""Targets: what their addresses are for, what is told of wrong ones, and mail as a real mail server gets it."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.core.effects import Notify
from bot.endpoints.outside import Outside
from bot.messages.notifications import notice
from bot.model.notification import NotificationEvent
from bot.notifications.targets import TargetInvalid, Targets
from bot.ports import HostUnavailable
from tests.world.builders import NOW, built
from tests.world.local_host import WallClock

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


async def test_a_mail_server_that_does_not_take_it_is_asked_again_later(post: tuple[Post, int]) -> None:
    keeper, port = post
    keeper.full = True
    told = targets({"ops": f"mailto://127.0.0.1:{port}?from=penstock@example.org&to=ops@example.org&mode=insecure"})
    execution = built("build: unit=failed")
    effect = Notify("ops", execution.execution.id, NotificationEvent.FAILED, NOW, 1)
    with pytest.raises(HostUnavailable):
        await told.send("ops", notice(effect, execution.execution, execution.pipeline, "https://bot.example.org"))


def test_strangers_words_are_nothing_to_a_chat() -> None:
    execution = built("build: unit=ok").changed(summary=HOSTILE)
    effect = Notify("ops", execution.execution.id, NotificationEvent.CANCELED, NOW, 1)
    title = notice(effect, execution.execution, execution.pipeline, "https://bot.example.org").title
    for command in ("@everyone", "<!channel>", "](https", "\x1b", "\n"):
        assert command not in title
    assert "everyone" in title


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


async def test_messages_to_one_chat_go_one_after_another(post: tuple[Post, int]) -> None:
    keeper, port = post
    told = targets({"ops": f"mailto://127.0.0.1:{port}?from=penstock@example.org&to=ops@example.org&mode=insecure"})
    execution = built("build: unit=ok")
    notices = [
        notice(
            Notify("ops", "e", NotificationEvent.STARTED, NOW, n), execution.execution, execution.pipeline, "https://b"
        )
        for n in range(2)
    ]
    await asyncio.gather(*(told.send("ops", each) for each in notices))
    assert len(keeper.mails) == 2
