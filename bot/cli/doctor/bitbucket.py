"""What Bitbucket, Cloud or Data Center, says of the bot's token."""

from collections.abc import Iterator, Sequence

from bot.cli.doctor.finding import Finding
from bot.cli.doctor.hooks import of_hooks
from bot.cli.doctor.host import Host
from bot.composition.hosts import bitbucket_cloud_provider, bitbucket_data_center_provider
from bot.model.repository import Repository
from providers.base.token_facts import TokenFacts

BITBUCKET_SCOPES = ("repository", "repository:admin", "pullrequest")


async def of_bitbucket_cloud(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    provider = bitbucket_cloud_provider(settings, name=host.provider)
    try:
        token = await provider.token()
        found = [Finding("good", f"Bitbucket Cloud: {settings.bitbucket_api_url} knows the token as {token.login}.")]
        found += _bitbucket_scopes(token)
        return found + await of_hooks(host.name, provider, f"{settings.url}/webhooks/{host.provider}", repositories)
    finally:
        await provider.close()


def _bitbucket_scopes(token: TokenFacts) -> Iterator[Finding]:
    """Who may write may read: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#scopes.

    An API token's scopes have other names (`read:repository:bitbucket`); of those nothing is concluded.
    """
    has = set(token.scopes or ())
    if token.scopes is None or any(scope.endswith(":bitbucket") for scope in has):
        return
    has |= {scope.removesuffix(":write") for scope in has} | ({"repository"} if "pullrequest:write" in has else set())
    lacks = [scope for scope in BITBUCKET_SCOPES if scope not in has]
    if lacks:
        remedy = "Make a token with Repositories: Read, Admin and Pull requests: Read, Write, and set PENSTOCK_BITBUCKET_TOKEN."
        yield Finding("bad", f"Bitbucket Cloud: the token has too few scopes; it lacks {', '.join(lacks)}.", remedy)


async def of_bitbucket_data_center(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    where = f"Bitbucket Data Center: {settings.bitbucket_dc_url}"
    provider = bitbucket_data_center_provider(settings, name=host.provider)
    try:
        found = [Finding("good", f"{where} knows the token as {await provider.login()}.")]
        url = f"{settings.url}/webhooks/{host.provider}"
        return found + await of_hooks(host.name, provider, url, repositories)
    finally:
        await provider.close()
