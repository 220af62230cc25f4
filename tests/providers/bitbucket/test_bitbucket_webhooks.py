"""The edge where deliveries come in: how each Bitbucket names one, and that only what is signed counts."""

import hmac

import pytest

from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.base.further import general
from providers.bitbucket.webhooks import Edge

CLOUD = Edge("bitbucket", "Bitbucket Cloud", "X-Request-UUID", general(["new", "old"]))
DATA_CENTER = Edge("bitbucket-dc", "Bitbucket Data Center", "X-Request-Id", general(["s3cret"]))
BODY = b'{"push": {}}'


def signed(secret: str, body: bytes = BODY) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()}


def cloud(**headers: str) -> dict[str, str]:
    named = {"X-Event-Key": "repo:push", "X-Request-UUID": "1c2f-77", "X-Attempt-Number": "1"}
    return named | {name.replace("_", "-"): value for name, value in headers.items()}


def test_the_documented_example_verifies() -> None:
    """https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Test-the-webhook-payload-validation."""
    edge = Edge("bitbucket", "Bitbucket Cloud", "X-Request-UUID", general(["It's a Secret to Everybody"]))
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    edge.verify({"X-Hub-Signature": signature}, b"Hello World!")


@pytest.mark.parametrize("secret", ["new", "old"])
def test_each_of_several_secrets_is_good(secret: str) -> None:
    CLOUD.verify(signed(secret), BODY)


@pytest.mark.parametrize("secret", ["", "older", "new old", "NEW"])
def test_no_other_secret_is(secret: str) -> None:
    with pytest.raises(SignatureWrong):
        CLOUD.verify(signed(secret), BODY)


def test_no_secret_refuses_everything() -> None:
    with pytest.raises(SignatureMissing):
        Edge("bitbucket", "Bitbucket Cloud", "X-Request-UUID", general([""])).verify(signed(""), BODY)


def test_an_unsigned_connection_test_is_refused() -> None:
    with pytest.raises(SignatureMissing, match="set a secret on the webhook"):
        DATA_CENTER.verify({"X-Event-Key": "diagnostics:ping"}, b'{"test":true}')


def test_an_attempt_made_again_is_the_same_delivery() -> None:
    first = CLOUD.delivery(cloud(), BODY, 1.0)
    again = CLOUD.delivery(cloud(X_Attempt_Number="2"), BODY, 9.0)
    assert first.key == again.key == "bitbucket:1c2f-77"


def test_each_names_a_delivery_in_its_own_header() -> None:
    headers = {"X-Event-Key": "pr:reviewer:needs_work", "X-Request-Id": "84e1d1c0-61d0"}
    assert DATA_CENTER.delivery(headers, BODY, 1.0).id == "84e1d1c0-61d0"
    with pytest.raises(NotADelivery, match="X-Request-UUID"):
        CLOUD.delivery(headers, BODY, 1.0)


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Event_Key": ""},
        {"X_Event_Key": "repo push"},
        {"X_Event_Key": "repo:push\r\nX: y"},
        {"X_Event_Key": "a:b:c:d:e"},
        {"X_Request_UUID": ""},
        {"X_Request_UUID": "a:1"},
        {"X_Request_UUID": "x" * 101},
    ],
)
def test_malformed_headers_are_no_delivery(headers: dict[str, str]) -> None:
    with pytest.raises(NotADelivery):
        CLOUD.delivery(cloud(**headers), BODY, 1.0)
