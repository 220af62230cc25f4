"""What is read of GitHub's answers about a repository's webhooks, as pydantic models.

https://docs.github.com/en/rest/repos/webhooks
"""

from pydantic import Field, TypeAdapter

from providers.base.payloads import Id, Model


class HookConfig(Model):
    """`secret` is shown as asterisks, where there is one."""

    url: str | None = None
    content_type: str | None = None
    insecure_ssl: str | int | None = None
    secret: str | None = None


class HookResponse(Model):
    """What became of the newest delivery. Without one, the code is null."""

    code: int | None = None
    status: str | None = None
    message: str | None = None


class Hook(Model):
    """A repository's webhook as https://docs.github.com/en/rest/repos/webhooks answers it."""

    id: Id
    active: bool = False
    events: list[str] = Field(default_factory=list)
    config: HookConfig
    last_response: HookResponse | None = None


Hooks: TypeAdapter[list[Hook]] = TypeAdapter(list[Hook])


class HookDelivery(Model):
    """`status` is in words: "OK" for a success, "Invalid HTTP Response: 500" for another answer, and else why there was none."""

    id: int
    event: str
    status: str = ""
    status_code: int = 0


HookDeliveries: TypeAdapter[list[HookDelivery]] = TypeAdapter(list[HookDelivery])
