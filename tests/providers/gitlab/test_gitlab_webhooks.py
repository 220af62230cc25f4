"""Signatures, tokens and headers: what the contract of every host does not say, because it is GitLab's own."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.gitlab.webhooks import TOLERANCE, delivery, signing_key, verify

KEY = b"0123456789abcdef0123456789abcdef"
OTHER = b"another key of thirty-two bytes!"
NOW = 1_795_449_000.0
BODY = b'{"object_kind": "push"}'

HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "GitLab/19.1.0",
    "Idempotency-Key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    "X-Gitlab-Event": "Push Hook",
    "X-Gitlab-Webhook-UUID": "02affd2d-2cba-4033-917d-ec22d5dc4b38",
    "X-Gitlab-Event-UUID": "13792a34-cac6-4fda-95a8-c58e00a3954e",
    "X-Gitlab-Token": "secret",
    "webhook-id": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
}


def signed(body: bytes = BODY, key: bytes = KEY, at: str = f"{NOW:.0f}", identity: str = "msg-1") -> dict[str, str]:
    digest = hmac.digest(key, f"{identity}.{at}.".encode() + body, "sha256")
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": identity, "webhook-timestamp": at, "webhook-signature": signature}


def test_the_standards_own_example_is_verified() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    verify(headers, b'{"test": 2432232314}', (), [key], 1614265330.0)


def test_one_good_signature_among_several_will_do() -> None:
    true, false = signed()["webhook-signature"], signed(key=OTHER)["webhook-signature"]
    for several in (f"{false} {true}", f"{true} {false}", f"v1a,xyz v2,q {true}"):
        verify(signed() | {"webhook-signature": several}, BODY, (), [KEY], NOW)
    with pytest.raises(SignatureWrong):
        verify(signed() | {"webhook-signature": f"{false} v1, v1"}, BODY, (), [KEY], NOW)


@pytest.mark.parametrize("change", ["webhook-id", "webhook-timestamp", "body"])
def test_id_time_and_body_are_all_signed(change: str) -> None:
    headers = signed() | ({change: "msg-2" if change == "webhook-id" else f"{NOW + 1:.0f}"} if change != "body" else {})
    with pytest.raises(SignatureWrong):
        verify(headers, BODY + (b" " if change == "body" else b""), (), [KEY], NOW)


@pytest.mark.parametrize("away", [TOLERANCE + 1, -TOLERANCE - 1, 86_400.0])
def test_what_was_signed_at_another_time_is_refused(away: float) -> None:
    with pytest.raises(SignatureWrong, match="five minutes"):
        verify(signed(at=f"{NOW + away:.0f}"), BODY, (), [KEY], NOW)
    for near in (TOLERANCE, -TOLERANCE):
        verify(signed(at=f"{NOW + near:.0f}"), BODY, (), [KEY], NOW)


@pytest.mark.parametrize("at", ["soon", "-1", "1e9", "9" * 400, "٣", "1795449000.5"])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(SignatureWrong):
        verify(signed() | {"webhook-timestamp": at}, BODY, (), [KEY], NOW)


def test_once_there_is_a_signing_token_the_secret_token_alone_is_refused() -> None:
    verify({"X-Gitlab-Token": "secret"}, BODY, [b"secret"], (), NOW)
    with pytest.raises(SignatureMissing, match="secret token only"):
        verify({"X-Gitlab-Token": "secret"}, BODY, [b"secret"], [KEY], NOW)
    with pytest.raises(SignatureWrong):
        verify({"X-Gitlab-Token": "secret"} | signed(key=OTHER), BODY, [b"secret"], [KEY], NOW)
    verify(signed(), BODY, [b"secret"], [OTHER, KEY], NOW)


def test_a_repositorys_secret_token_does_not_help_a_wrong_signature() -> None:
    headers = {"X-Gitlab-Token": "secret"}
    assert verify(headers, BODY, (), (), NOW, ["another", "secret"]) == 1
    with pytest.raises(SignatureWrong):
        verify(headers | signed(key=OTHER), BODY, (), (), NOW, ["another", "secret"])


@pytest.mark.parametrize("secrets", [(), [b""]], ids=["none", "empty"])
def test_an_empty_token_never_equals_an_empty_secret(secrets: list[bytes]) -> None:
    for token in ("", "x"):
        with pytest.raises((SignatureMissing, SignatureWrong)):
            verify({"X-Gitlab-Token": token}, BODY, secrets, (), NOW)


def test_while_secret_tokens_rotate_each_is_taken() -> None:
    for token in ("old", "new"):
        verify({"x-gitlab-token": token}, BODY, [b"old", b"new"], (), NOW)
    for token in ("older", "old ", "ol", "\u00e9", "old new"):
        with pytest.raises(SignatureWrong):
            verify({"x-gitlab-token": token}, BODY, [b"old", b"new"], (), NOW)


@given(st.text(), st.text(), st.text(), st.binary())
def test_no_signature_but_the_true_one_is_taken(identity: str, at: str, signature: str, body: bytes) -> None:
    headers = {"webhook-id": identity, "webhook-timestamp": at, "webhook-signature": signature}
    with pytest.raises((SignatureWrong, SignatureMissing)):
        verify(headers, body, (), [KEY, OTHER], NOW)


@pytest.mark.parametrize("token", ["", "whsec_", "whsec", "secret", "whsec_%%%", "whsec_abc", "WHSEC_c2VjcmV0"])
def test_what_is_no_signing_token_is_not_taken_for_one(token: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signing_key(token)


# --- The name of a delivery ------------------------------------------------------------------------------------------


def test_what_is_kept_is_the_kind_and_nothing_that_is_secret() -> None:
    kept = delivery(HEADERS, BODY, 3.0, signed=False)
    assert kept.key == "gitlab:f5e5f430-f57b-4e6e-9fac-d9128cd7232f"
    assert kept.headers == {"x-gitlab-event": "push"}


def test_what_was_signed_goes_by_the_id_that_was_signed() -> None:
    """Else whoever replays it would only have to change a header that nobody signed."""
    headers = HEADERS | {"webhook-id": "msg-1", "Idempotency-Key": "msg-2"}
    assert delivery(headers, BODY, 3.0, signed=True).id == "msg-1"
    with pytest.raises(NotADelivery, match="webhook-id"):
        delivery({name: value for name, value in headers.items() if name != "webhook-id"}, BODY, 3.0, signed=True)


def test_older_servers_name_a_delivery_otherwise() -> None:
    before_17_4 = {name: value for name, value in HEADERS.items() if name != "Idempotency-Key"}
    assert delivery(before_17_4, BODY, 3.0, signed=False).id == HEADERS["X-Gitlab-Webhook-UUID"]
    before_16_2 = {name: value for name, value in before_17_4.items() if name != "X-Gitlab-Webhook-UUID"}
    one, other = (delivery(before_16_2, body, 3.0, signed=False).id for body in (BODY, BODY + b" "))
    assert one != other, "two branches of one push have one event id"
    assert delivery(before_16_2, BODY, 4.0, signed=False).id == one


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Idempotency-Key", "../../etc", "Idempotency-Key"),
        ("Idempotency-Key", "a" * 101, "Idempotency-Key"),
        ("X-Gitlab-Event", "", "X-Gitlab-Event"),
        ("X-Gitlab-Event", "Push", "X-Gitlab-Event"),
        ("X-Gitlab-Event", "Push Hook\n", "X-Gitlab-Event"),
        ("X-Gitlab-Event", "<b> Hook", "X-Gitlab-Event"),
        ("Content-Type", "application/x-www-form-urlencoded", "application/json"),
        ("Content-Type", "", "application/json"),
    ],
)
def test_what_is_no_delivery_is_told_why(name: str, value: str, said: str) -> None:
    with pytest.raises(NotADelivery, match=said):
        delivery(HEADERS | {name: value}, BODY, 3.0, signed=False)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("Push Hook", "push"),
        ("Tag Push Hook", "tag_push"),
        ("Merge Request Hook", "merge_request"),
        ("Note Hook", "note"),
        ("Confidential Note Hook", "confidential_note"),
        ("Pipeline Hook", "pipeline"),
        ("System Hook", "system"),
    ],
)
def test_the_kind_comes_from_the_header(event: str, kind: str) -> None:
    assert delivery(HEADERS | {"X-Gitlab-Event": event}, BODY, 3.0, signed=False).headers == {"x-gitlab-event": kind}
