"""Who may call a pipeline's webhook: by signature, by address, or anybody."""

import hmac

import pytest

from bot.model.webhook import Authentication, WebhookTrigger
from bot.ports import SignatureMissing, SignatureWrong
from bot.security.callers import SIGNATURE, check

BODY = b'{"ref": "main"}'
SIGNED = "sha256=" + hmac.new(b"key", BODY, "sha256").hexdigest()
BY_HMAC = WebhookTrigger("w", Authentication.HMAC, secret="KEY")
BY_IP = WebhookTrigger("w", Authentication.IP, allowed_ips=("203.0.113.0/24", "2001:db8::/32"))


def test_a_right_signature_passes() -> None:
    check(BY_HMAC, "key", {SIGNATURE: SIGNED}, BODY, "")


@pytest.mark.parametrize("given", [SIGNED.upper(), SIGNED[7:], "sha1=" + SIGNED[7:], SIGNED[:-1], "ü", "sha256="])
def test_any_other_is_wrong(given: str) -> None:
    with pytest.raises(SignatureWrong):
        check(BY_HMAC, "key", {SIGNATURE: given}, BODY, "127.0.0.1")


def test_no_signature_and_no_secret_let_nobody_in() -> None:
    with pytest.raises(SignatureMissing):
        check(BY_HMAC, "key", {}, BODY, "127.0.0.1")
    empty = "sha256=" + hmac.new(b"", BODY, "sha256").hexdigest()
    with pytest.raises(SignatureMissing):
        check(BY_HMAC, "", {SIGNATURE: empty}, BODY, "127.0.0.1")


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9"])
def test_an_address_within_the_ranges_passes(peer: str) -> None:
    check(BY_IP, "", {}, BODY, peer)


@pytest.mark.parametrize("peer", ["203.0.114.1", "2001:db9::1", "127.0.0.1", "", "unix", "203.0.113.9, 1.1.1.1"])
def test_another_address_does_not(peer: str) -> None:
    with pytest.raises(SignatureWrong):
        check(BY_IP, "", {}, BODY, peer)
