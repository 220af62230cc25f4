"""Requests signed as https://www.standardwebhooks.com describes, so that their receiver knows whose they are."""

from datetime import UTC, datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook


class NoSigningSecret(ValueError):
    """The text is no webhook secret: one is written `whsec_` and base64."""


def signer(secret: str) -> Webhook:
    """Raises NoSigningSecret."""
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise NoSigningSecret("it is written whsec_ and base64") from None


def signature(webhook: Webhook | None, identity: str, at: float, body: bytes) -> dict[str, str]:
    """The headers that sign a body; none without a secret. `identity` is the same however often the request is sent."""
    if webhook is None:
        return {}
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": webhook.sign(identity, datetime.fromtimestamp(at, UTC), body.decode()),
    }
