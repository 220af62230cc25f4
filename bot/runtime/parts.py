"""What a bot is made of: the adapters behind the ports, and the plain values it needs. Which ones they are, `bot.composition` says."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.plugin import Plugins
from bot.ports import (
    ActionType,
    Artifacts,
    Clock,
    FurtherSources,
    HostedSources,
    Logs,
    Nobody,
    Notifications,
    Provider,
    RuleType,
    Secrets,
    Store,
)
from bot.runtime.actions import TELL_AFTER
from bot.runtime.failing import PATIENCE
from bot.runtime.metrics import Metrics
from bot.runtime.progress import PACE
from bot.runtime.reports import SETTLE
from bot.runtime.retention import Kept


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters that a bot is made of, and the plain values it needs. `places`: actions at once. `url`: of its pages.
    `disk`: what it keeps where, to be measured. `leave`: whose changes from outside run without being asked for (`host:login`).
    `drafts_held`: pull requests that are not ready do not run.

    `look_every`: seconds between two looks for what no delivery told (0: none). `tell_after`, `settle` and `progress_pace` are the seconds for which news
    of progress is held back: `bot.runtime.actions`, `reports`, `progress`. `patience`: `bot.runtime.failing`.
    """

    store: Store
    sources: HostedSources
    providers: Mapping[str, Provider]
    action_types: Mapping[str, ActionType]
    rule_types: Mapping[str, RuleType]
    logs: Logs
    clock: Clock
    url: str
    places: asyncio.Semaphore
    metrics: Metrics
    secrets: Secrets
    artifacts: Artifacts
    further: FurtherSources
    kept: Kept = field(default_factory=Kept)
    leave: Sequence[str] = ()
    drafts_held: bool = False
    disk: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    notifications: Notifications = field(default_factory=Nobody)
    plugins: Plugins = field(default_factory=Plugins)
    tell_after: float = TELL_AFTER
    settle: float = SETTLE
    progress_pace: float = PACE
    look_every: float = 0.0
    patience: float = PATIENCE
