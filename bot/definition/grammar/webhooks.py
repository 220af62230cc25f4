"""`triggers: {webhooks: [...]}`: who may call, and which calls start the pipeline (section 7.5). What goes together is in `bot.definition.checks.webhooks`."""

import ipaddress
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from bot.definition.document import quoted
from bot.definition.grammar.text import ONE_OR_MANY, EnvironmentName, Given, Name, Noun, VariableName, refuse
from bot.model import webhook as model
from bot.model.json_path import PathInvalid, check_path


def _path(value: str) -> str:
    try:
        check_path(value)
    except PathInvalid as error:
        reason = f"{quoted(value)} is no JSON path for a webhook: {error}."
        raise refuse(reason, "Write it like `$.ref` or `$.push_data.tag`, without conditions.") from None
    return value


def _range(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        remedy = "Write it like `203.0.113.0/24`, `198.51.100.7` or `2001:db8::/32`."
        raise refuse(f"{quoted(value)} is no range of addresses.", remedy) from None
    return value


# Section 1.1: at most 5 filters of 150 characters each, ranges of at most 100.
JsonPath: TypeAlias = Annotated[str, Field(min_length=1, max_length=150), AfterValidator(_path)]
IpRange: TypeAlias = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_range)]


class WebhookFilter(Noun):
    """A place in the body, and what must be there."""

    path: JsonPath = Field(description="A JSON path, such as $.ref.")
    equals: Given[Annotated[str, Field(min_length=1, max_length=150)]] = Field(
        default=None,
        description="What must be there; {branch}, {repository}, {tag} … are the source's. None: anything.",
    )


class Webhook(Noun):
    """An address of the bot's; a call of it that passes starts the pipeline on its home branch."""

    name: Name = Field(description="Unique in the pipeline; its address follows from it.")
    authentication: Literal["hmac", "ip", "none"] = Field(
        description="How a caller proves itself: by a signature, by its address, or not at all."
    )
    secret: Given[EnvironmentName] = Field(default=None, description="Of `hmac`: the name of one of `secrets`.")
    allowed_ips: Given[Annotated[tuple[IpRange, ...], Field(min_length=1, max_length=8), ONE_OR_MANY]] = Field(
        default=None, description="Of `ip`: ranges of addresses that may call."
    )
    filters: Given[Annotated[tuple[WebhookFilter, ...], Field(min_length=1, max_length=5), ONE_OR_MANY]] = Field(
        default=None, description="What a call must hold; all must pass."
    )
    variables: Given[Annotated[dict[VariableName, JsonPath], Field(min_length=1, max_length=50)]] = Field(
        default=None, description="Pipeline variables that take their values from the body."
    )
    source: Given[Name] = Field(
        default=None, description="The source action whose configuration fills {branch}, {tag} … in filters."
    )

    def to_model(self) -> model.WebhookTrigger:
        return model.WebhookTrigger(
            name=self.name,
            authentication=model.Authentication(self.authentication),
            secret=self.secret or "",
            allowed_ips=self.allowed_ips or (),
            filters=tuple(model.WebhookFilter(each.path, each.equals) for each in self.filters or ()),
            variables=self.variables or {},
            source=self.source or "",
        )
