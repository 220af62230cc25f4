"""What GitHub says of the bot's token, or of its App."""

from collections.abc import Iterator, Sequence

from bot.cli.doctor.finding import Finding
from bot.cli.doctor.hooks import MOST, of_hooks
from bot.cli.doctor.host import Host, ending
from bot.composition.hosts import github_provider
from bot.model.repository import Repository
from bot.settings import Settings
from providers.base.token_facts import TokenFacts
from providers.github.provider import GitHubProvider
from providers.github.signed_in import AppFacts


async def of_github(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    provider = github_provider(settings, name=host.provider)
    try:
        if settings.github_app_id:
            app = await provider.app()
            found = list(_github_app(app, host)) if app is not None else []
            return found + await _github_app_at_work(provider, settings, repositories)
        token = await provider.token()
        found = [
            Finding("good", f"GitHub: {settings.github_api} knows the token as {token.login}."),
            *_github_token(token),
        ]
        if token.scopes is None and repositories and not await provider.may_set_statuses(repositories[0]):
            remedy = "Give it Commit statuses: write, with Contents: read and Pull requests: write."
            what = f"GitHub: the token may not set a status on {repositories[0].full_name}."
            found.append(Finding("bad", what, remedy))
        return found + await of_hooks(host.name, provider, f"{settings.url}/webhooks/{host.provider}", repositories)
    finally:
        await provider.close()


async def _github_app_at_work(
    provider: GitHubProvider, settings: Settings, repositories: Sequence[Repository]
) -> list[Finding]:
    """Whether it hears of what it should: what could not be delivered to it, and where it is not installed any more."""
    found = []
    failed = await provider.redeliveries.failed(repositories, f"{settings.url}/webhooks/github")
    if failed:
        how_many = f"{len(failed)} {'delivery has' if len(failed) == 1 else 'deliveries have'}"
        what = f"GitHub: {how_many} not reached the bot within the last three days."
        remedy = f"Is it up, and does GitHub reach {settings.url}? While it runs it asks for them again by itself."
        found.append(Finding("warning", what, remedy))
    for repository in repositories[:MOST]:
        if await provider.find(repository.full_name) is None:
            what = f"GitHub: the App is not installed on {repository.full_name}, or not any more."
            found.append(Finding("warning", what, "Install it there, on the App's page, if it is to hear of it."))
    return found


def _github_token(token: TokenFacts) -> Iterator[Finding]:
    """A classic token's scopes: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps."""
    if token.scopes is not None and "repo" not in token.scopes:
        remedy = "Make a fine-grained token, or one with the scope repo, and set PENSTOCK_GITHUB_TOKEN."
        has = ", ".join(token.scopes) or "none"
        yield Finding("bad", f"GitHub: the token has too few scopes: {has}.", remedy)
    yield from ending("GitHub", token, "PENSTOCK_GITHUB_TOKEN")


def _github_app(app: AppFacts, host: Host) -> Iterator[Finding]:
    settings = host.settings
    yield Finding("good", f"GitHub: {settings.github_api} knows the App as {app.login}.")
    page = "On the App's settings page"
    if app.lacks:
        remedy = f"{page}, under Permissions & events, add them; each owner then has to accept that."
        yield Finding("bad", f"GitHub: the App may not do enough; it lacks {', '.join(app.lacks)}.", remedy)
    if app.unheard:
        remedy = f"{page}, under Permissions & events, subscribe to them."
        yield Finding("bad", f"GitHub: the App does not hear of the events {', '.join(app.unheard)}.", remedy)
    wanted = f"{settings.url}/webhooks/{host.provider}"
    if app.hook != wanted:
        remedy = f"{page}, under General, set the webhook's URL to {wanted}, and the secret to PENSTOCK_GITHUB_WEBHOOK_SECRET."
        yield Finding("bad", f"GitHub: the App's deliveries go to {app.hook or 'nowhere'}.", remedy)
