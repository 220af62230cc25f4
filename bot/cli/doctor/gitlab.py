"""What GitLab says of the bot's token."""

from collections.abc import Sequence

from bot.cli.doctor.finding import Finding
from bot.cli.doctor.hooks import of_hooks
from bot.cli.doctor.host import Host, ending
from bot.clock import SystemClock
from bot.composition.hosts import gitlab_provider
from bot.model.repository import Repository
from bot.settings import Settings
from providers.base.token_facts import TokenFacts


async def of_gitlab(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    provider = gitlab_provider(settings, SystemClock(), name=host.provider)
    try:
        found = _gitlab_token(await provider.token(), settings)
        return found + await of_hooks(host.name, provider, f"{settings.url}/webhooks/{host.provider}", repositories)
    finally:
        await provider.close()


def _gitlab_token(token: TokenFacts, settings: Settings) -> list[Finding]:
    found = [Finding("good", f"GitLab: {settings.gitlab_url} knows the token as {token.login}.")]
    if "api" not in (token.scopes or ()):
        has = ", ".join(token.scopes or ()) or "none"
        remedy = "Make a token with the scope api, and set PENSTOCK_GITLAB_TOKEN."
        found.append(Finding("bad", f"GitLab: the token has too few scopes: {has}.", remedy))
    found += ending("GitLab", token, "PENSTOCK_GITLAB_TOKEN")
    if not settings.gitlab_signing_token and settings.gitlab_webhook_secret:
        remedy = "Where your GitLab has signing tokens, set one on the webhook, and PENSTOCK_GITLAB_SIGNING_TOKEN."
        what = "GitLab: deliveries come with a secret token only, which whoever has seen one can send with anything."
        found.append(Finding("warning", what, remedy))
    return found
