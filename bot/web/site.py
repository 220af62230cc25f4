"""What the web is given to work with, in one value. Nothing is made here; `bot.__main__` puts it together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from bot.core.effects import StartScheduled
from bot.model.delivery import Delivery
from bot.ports import AppSetup, Artifacts, Clock, HostSecrets, Logs, Provider, Secrets, Store
from bot.runtime.changes import Changes
from bot.runtime.intake.operator import Operator
from bot.runtime.metrics import Metrics
from bot.runtime.told_revisions import ToldRevisions
from bot.runtime.watches import Watches
from bot.runtime.webhooks import Webhooks

Check = Callable[[], Awaitable[str]]
"""Whether something works: "" when it does, else what is wrong, in words that anybody may read."""


class Inbox(Protocol):
    def accept(self, delivery: Delivery) -> Awaitable[bool]:
        """Done once the delivery is durable; False when it was seen before. Fails with StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may see pages. `page_token` "" closes them to all who do not come over loopback.

    `operator_token` lets orders be given from this machine, where there is no page token too. Paths beginning with one of `own_sign_in` see to their visitors themselves.
    `proxies` are ranges of addresses whose word counts for whom they forward.
    """

    loopback: bool
    public_url: str = ""
    page_token: str = field(default="", repr=False)
    operator_token: str = field(default="", repr=False)
    proxies: tuple[str, ...] = ()
    own_sign_in: tuple[str, ...] = ("/git/", "/host/", "/setup/")


@dataclass(frozen=True, slots=True)
class Site:
    """The ports and values that handlers use. `checks` are what `/readyz` asks, by name; `warnings` are told there, and no reason
    not to be ready.

    `links` are further places in the pages' header, name and path. `upcoming` tells what
    schedules start next. `streams` is how many live connections are kept at most, `heartbeat` after how many silent seconds one is told so.
    """

    store: Store
    logs: Logs
    providers: Mapping[str, Provider]
    inbox: Inbox
    changes: Changes
    metrics: Metrics
    clock: Clock
    access: AccessRules
    schema: Callable[[], Mapping[str, object]]
    checks: Mapping[str, Check] = field(default_factory=dict)
    warnings: Mapping[str, Check] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    streams: int = 500
    heartbeat: float = 15.0
    secrets: Secrets | None = None
    artifacts: Artifacts | None = None
    operator: Operator | None = None
    upcoming: Callable[[], Sequence[StartScheduled]] = tuple
    webhooks: Webhooks | None = None
    revisions: ToldRevisions | None = None
    watches: Watches | None = None
    host_secrets: HostSecrets | None = None
    app_setup: AppSetup | None = None


SITE: web.AppKey[Site] = web.AppKey("site", Site)
