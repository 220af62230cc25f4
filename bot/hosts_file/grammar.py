"""The grammar of the hosts file. Secrets are never written into it: it says which file or which environment variable has each."""

import re
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from bot.definition.document import quoted
from bot.definition.grammar.text import ONE_OR_MANY, Given, Noun, refuse

RESERVED = ("github", "gitlab", "bitbucket", "bitbucket-dc", "local", "found", "pipelines", "webhooks")
"""Names that are taken: the hosts of the environment, and what else has an address or deliveries of its own."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        reason = f"{quoted(value)} can't be a host's name: it is part of addresses."
        raise refuse(reason, "Use at most 39 small letters, digits and `-`, a letter first.")
    if value in RESERVED:
        raise refuse(f"{quoted(value)} is a name of the bot's own.", "Choose another, such as `work`.")
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refuse(f"{quoted(value)} is no address.", "Write an http or https URL, such as https://git.example.org.")
    if parts.username or parts.password:
        raise refuse("An address must not hold a user name or password.", "Say under `token` where the token is.")
    return value.rstrip("/")


HostName: TypeAlias = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_name)]
Url: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_url)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Patterns: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1, max_length=100), ONE_OR_MANY]


class Secret(Noun):
    """Where a secret is: a file that holds nothing else, or an environment variable of the bot's. Exactly one."""

    file: Given[Text] = Field(default=None, description="A file; a relative path begins where the hosts file is.")
    env: Given[Text] = Field(default=None, description="An environment variable.")


class WebhookSecret(Secret):
    """A webhook's secret. `for` limits it to repositories: a delivery that is signed with it can't speak of others."""

    only_for: Given[Text] = Field(default=None, alias="for", description="A pattern of repositories, such as acme/*.")


WebhookSecrets: TypeAlias = Annotated[tuple[WebhookSecret, ...], Field(min_length=1, max_length=100), ONE_OR_MANY]
Secrets: TypeAlias = Annotated[tuple[Secret, ...], Field(min_length=1, max_length=10), ONE_OR_MANY]


class HostEntry(Noun):
    """One host, or one account of it."""

    name: HostName = Field(description="How the bot calls it: in `/webhooks/<name>`, in patterns, on pages.")
    kind: Literal["github", "gitlab", "bitbucket", "bitbucket-dc"] = Field(description="Which host it is one of.")
    url: Given[Url] = Field(default=None, description="Git and pages; the public host of its kind when left out.")
    api_url: Given[Url] = Field(
        default=None, description="Of GitHub and Bitbucket Cloud: their API, if it is elsewhere."
    )
    repositories: Given[Patterns] = Field(
        default=None, description="Of one account among several: whose deliveries it is for, such as acme/*."
    )
    token: Given[Secret] = Field(default=None, description="What the bot signs in with.")
    user: Given[Text] = Field(default=None, description="Of Bitbucket Cloud: whose API token it is.")
    api_token: Given[Secret] = Field(default=None, description="Of Bitbucket Cloud: an API token, beside `user`.")
    app_id: Given[Text] = Field(default=None, description="Of GitHub: the App that the bot signs in as.")
    private_key: Given[Secret] = Field(default=None, description="Of GitHub: the App's private key.")
    webhook_secrets: Given[WebhookSecrets] = Field(default=None, description="What its deliveries are signed with.")
    signing_tokens: Given[Secrets] = Field(default=None, description="Of GitLab: its webhooks' signing tokens.")
    checks: Given[Literal["off", "beside", "instead"]] = Field(default=None, description="Of a GitHub App: check runs.")


class HostsFile(Noun):
    """The hosts besides those of the environment."""

    hosts: Annotated[tuple[HostEntry, ...], Field(min_length=1, max_length=50)] = Field(description="Each once.")


def json_schema() -> dict[str, Any]:
    """Of the whole file, for editors."""
    HostsFile.model_rebuild()
    return HostsFile.model_json_schema(by_alias=True)
