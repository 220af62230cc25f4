"""Signatures and headers: what the contract of every host does not say, because it is GitHub's own."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.host_secret import HostSecret
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.github import webhooks
from providers.github.webhooks import delivery, verify

HEADERS = {
    "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "X-GitHub-Event": "push",
    "Content-Type": "application/json",
    "X-Hub-Signature-256": "sha256=00",
    "Authorization": "Basic c2VjcmV0",
}


def test_the_documentations_own_example_is_verified() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation."""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    verify({"X-Hub-Signature-256": signature}, b"Hello, World!", [b"It's a Secret to Everybody"])


def test_without_a_secret_nothing_is_trusted_and_that_is_said() -> None:
    signature = "sha256=" + hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    with pytest.raises(SignatureMissing, match="No webhook secret is configured"):
        verify({"X-Hub-Signature-256": signature}, b"{}", [])


def test_sha_1_alone_is_refused_and_the_refusal_says_so() -> None:
    signature = "sha1=" + hmac.new(b"secret", b"{}", hashlib.sha1).hexdigest()
    with pytest.raises(SignatureMissing, match="SHA-1"):
        verify({"X-Hub-Signature": signature}, b"{}", [b"secret"])


@given(st.text(), st.binary())
def test_no_signature_but_the_true_one_is_taken(signature: str, body: bytes) -> None:
    with pytest.raises((SignatureWrong, SignatureMissing)):
        verify({"x-hub-signature-256": signature}, body, [b"secret", b"another"])


def test_what_is_kept_is_the_kind_and_nothing_that_is_secret() -> None:
    kept = delivery(HEADERS, b"{}", 3.0)
    assert (kept.key, kept.headers) == ("github:72d3162e-cc78-11e3-81ab-4c9367dc0958", {"x-github-event": "push"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("X-GitHub-Delivery", "", "X-GitHub-Delivery"),
        ("X-GitHub-Delivery", "../../etc", "X-GitHub-Delivery"),
        ("X-GitHub-Delivery", "a" * 101, "X-GitHub-Delivery"),
        ("X-GitHub-Event", "", "X-GitHub-Event"),
        ("X-GitHub-Event", "push\n", "X-GitHub-Event"),
        ("X-GitHub-Event", "<b>", "X-GitHub-Event"),
        ("Content-Type", "application/x-www-form-urlencoded", "application/json"),
        ("Content-Type", "", "application/json"),
    ],
)
def test_what_is_no_delivery_is_told_why(name: str, value: str, said: str) -> None:
    with pytest.raises(NotADelivery, match=said):
        delivery(HEADERS | {name: value}, b"payload=%7B%7D", 3.0)


def test_a_content_type_may_have_parameters() -> None:
    assert delivery(HEADERS | {"Content-Type": "Application/JSON; charset=utf-8"}, b"{}", 3.0).body == b"{}"


@pytest.mark.parametrize(
    ("kind", "target", "tried"),
    [
        ("repository", "7", ["#7", "acme/*"]),
        ("repository", "9", ["acme/*"]),
        ("organization", "7", ["acme/*"]),
        ("", "", ["acme/*"]),
    ],
)
def test_of_many_connected_repositories_only_the_one_is_tried_that_the_delivery_names(
    kind: str, target: str, tried: list[str]
) -> None:
    headers = {"X-GitHub-Hook-Installation-Target-Type": kind, "X-GitHub-Hook-Installation-Target-ID": target}
    known = [HostSecret("a", "#7"), HostSecret("b", "#8"), HostSecret("c", "acme/*")]
    assert [one.good_for for one in webhooks.worth_trying(headers, known)] == tried
