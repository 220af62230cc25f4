"""The bot as one thing that starts, drains and stops: the loops, put together from ports. Which adapters: `bot.composition`."""

from collections.abc import Mapping

import structlog

from bot.core.effects import Acknowledge, Refuse, Report, ReportHeld, ReportInvalid, ReportNotStarted, Say
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline
from bot.ports import ActionType, StoreUnavailable
from bot.runtime.actions import ActionRunner
from bot.runtime.changes import Changes
from bot.runtime.disk import Disk
from bot.runtime.engine import Engine
from bot.runtime.environments import Environments
from bot.runtime.expiry import Expiry
from bot.runtime.followers import Followers
from bot.runtime.good_for import Identity
from bot.runtime.homes import Homes
from bot.runtime.inbox import Handle, Inbox, Reader
from bot.runtime.intake.answers import Answers
from bot.runtime.intake.at_home import AtHome
from bot.runtime.intake.buttons import Buttons
from bot.runtime.intake.changes import ChangeIntake
from bot.runtime.intake.comments import CommentIntake
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.drafts import Drafts
from bot.runtime.intake.gates import Gates
from bot.runtime.intake.handling import handling
from bot.runtime.intake.operator import Operator
from bot.runtime.intake.outside import Outsiders
from bot.runtime.intake.repositories import RepositoryIntake
from bot.runtime.intake.rerun import Reruns
from bot.runtime.intake.revisions import Revisions
from bot.runtime.intake.starter import Starter
from bot.runtime.invoking import InvokePipeline
from bot.runtime.measure import measure
from bot.runtime.metrics import Metrics
from bot.runtime.missed.catching_up import CatchingUp
from bot.runtime.missed.found import PROVIDER as FOUND
from bot.runtime.missed.found import FoundReader
from bot.runtime.missed.overtaken import Overtaken
from bot.runtime.names import Names
from bot.runtime.notifying import Notifier
from bot.runtime.outbox import HORIZON, Outbox
from bot.runtime.owners import OwnerFinder
from bot.runtime.parts import Parts
from bot.runtime.performers import Performers
from bot.runtime.progress import Progress
from bot.runtime.questions import Questions
from bot.runtime.replies import Replies
from bot.runtime.reports import Reporter
from bot.runtime.retention import Retention
from bot.runtime.rollbacks import Rollbacks
from bot.runtime.rules import RuleRunner
from bot.runtime.schedules import Schedules
from bot.runtime.told_revisions import ToldRevisions
from bot.runtime.too_old import recent_only
from bot.runtime.upkeep import Upkeep
from bot.runtime.waits import Waits
from bot.runtime.watches import Watches
from bot.runtime.webhooks import PROVIDER as WEBHOOKS
from bot.runtime.webhooks import Webhooks

log = structlog.get_logger(__name__)

FLUSH = 5.0
"""Seconds that the last reports are given when the bot stops; what is not sent by then is sent after the next start."""


class Bot:
    """Start it, hand it deliveries through `inbox`, drain it, close it."""

    def __init__(self, parts: Parts) -> None:
        self._clock = parts.clock
        self.store = parts.store
        self.metrics = parts.metrics
        self.changes = Changes()
        self.outbox = Outbox(parts.store, parts.clock)
        self.engine = Engine(parts.store, self.outbox, self._watch, self.changes.notify)
        definitions = DefinitionReader(parts.sources, parts.secrets, parts.plugins)
        starter = Starter(parts.store, parts.providers, self.engine, self.outbox, parts.clock)
        self._make_workers(parts, definitions, starter)
        self._make_tellers(parts)
        self._make_starters(parts, definitions, starter)
        self._make_intake(parts, definitions, starter)
        self._performers = Performers(
            self.runner,
            self.rules,
            self._rollbacks,
            self._owners,
            self._environments,
            Expiry(self.engine, parts.clock),
            self._followers,
            self.schedules,
            self.watches,
            self.reporter,
            self._questions,
            self._notifier,
            self._replies,
        )
        retention = Retention(parts.store, parts.logs, parts.artifacts, parts.clock, parts.kept, self.engine.tell)
        self.upkeep = Upkeep(parts.store, parts.sources, parts.clock, parts.kept, retention)
        self._disk = Disk(parts.disk, parts.metrics)
        self._watch_loops(parts.metrics)
        known = {name: provider.health for name, provider in parts.providers.items()}
        parts.metrics.watch_hosts({name: health for name, health in known.items() if health is not None})

    def _make_workers(self, parts: Parts, definitions: DefinitionReader, starter: Starter) -> None:
        """What does the work of stages."""
        self._environments = Environments(parts.store, self.engine, self.outbox, parts.clock)
        invoke = InvokePipeline(parts.store, definitions, starter, parts.clock, parts.action_types.get("invoke"))
        types: Mapping[str, ActionType] = {**parts.action_types, "invoke": invoke}
        self._waits = Waits(parts.store, self.outbox, parts.clock)
        self.runner = ActionRunner(
            self._waits, self.engine, types, parts.places, parts.clock, parts.tell_after, parts.patience
        )
        self.rules = RuleRunner(self.engine, parts.rule_types, self.runner.places, parts.clock)
        self._rollbacks = Rollbacks(parts.store, self.engine, parts.clock)
        self._owners = OwnerFinder(parts.store, self.engine, parts.sources, parts.providers, parts.clock)

    def _make_tellers(self, parts: Parts) -> None:
        """What speaks to people: on their hosts, and in their chats."""
        self._questions = Questions(parts.store, self.engine, parts.providers, parts.clock, parts.url)
        self.reporter = Reporter(
            parts.store,
            self.engine,
            parts.providers,
            self._questions,
            parts.logs,
            parts.clock,
            parts.url,
            parts.notifications.names,
            parts.settle,
        )
        self.progress = Progress(parts.store, self.outbox, self.changes, parts.progress_pace)
        self._notifier = Notifier(parts.store, self.engine, parts.notifications, parts.clock, parts.metrics, parts.url)
        self._replies = Replies(parts.providers)

    def _make_starters(self, parts: Parts, definitions: DefinitionReader, starter: Starter) -> None:
        """What starts pipelines beside pushes: times, other pipelines, further sources, revisions, webhooks."""
        self.schedules = Schedules(
            parts.store, parts.sources, definitions, parts.providers, starter, self.outbox, parts.clock
        )
        self._followers = Followers(definitions, starter, self.engine)
        self._homes = Homes(parts.store)
        at_home = AtHome(parts.store, parts.sources, definitions, parts.providers, starter)
        self.watches = Watches(parts.store, parts.further, self._homes, at_home, self.outbox, parts.clock)
        self.told_revisions = ToldRevisions(parts.store, self._homes, at_home)
        self.webhooks = Webhooks(self._homes, at_home, parts.secrets)

    def _make_intake(self, parts: Parts, definitions: DefinitionReader, starter: Starter) -> None:
        """What becomes of deliveries, of what none told, and of the operator's orders."""
        outsiders = Outsiders(
            parts.store, parts.sources, parts.providers, definitions, starter, self.outbox, parts.clock, parts.leave
        )
        overtaken = Overtaken(parts.store, parts.sources, parts.providers)
        changes = ChangeIntake(
            parts.store,
            parts.sources,
            definitions,
            starter,
            self.schedules,
            self._homes,
            self.watches,
            outsiders,
            Drafts(parts.store, parts.clock, held=parts.drafts_held),
            self.engine,
            self.outbox,
            parts.clock,
            overtaken,
        )
        reruns = Reruns(Revisions(parts.store, parts.sources, parts.providers), definitions, starter)
        comments = CommentIntake(
            parts.store,
            parts.providers,
            self.engine,
            self.outbox,
            reruns,
            outsiders,
            self._rollbacks,
            Answers(parts.store, self.engine, parts.clock, parts.url),
            parts.clock,
        )
        buttons = Buttons(parts.store, parts.providers, self.engine, self.outbox, reruns, parts.clock)
        gates = Gates(parts.store, parts.providers, self.engine, parts.clock)
        self.operator = Operator(parts.store, self.engine, self.outbox, gates, self._rollbacks, parts.clock)
        repositories = RepositoryIntake(
            parts.store, self.engine, self._homes, self.schedules, self.watches, parts.clock
        )
        self._names = Names(parts.store, parts.providers, self._homes)
        handle = handling(changes, comments, buttons, repositories, self.webhooks, self._names, self._waits)
        self._listen(parts, handle, overtaken)

    def _listen(self, parts: Parts, handle: Handle, overtaken: Overtaken) -> None:
        """Where deliveries come in, and what is found without any."""
        found = FoundReader(parts.providers)
        readers: Mapping[str, Reader] = {**parts.providers, WEBHOOKS: self.webhooks, FOUND: found}
        doubt = recent_only(parts.kept, Identity(parts.providers, self._names).doubt)
        self.inbox = Inbox(parts.store, readers, handle, doubt)
        self.catching_up = CatchingUp(
            parts.store,
            parts.sources,
            parts.providers,
            self.inbox.accept,
            overtaken,
            parts.clock,
            parts.look_every,
            parts.url,
        )

    async def start(self) -> None:
        """Take up everything that a former life left undone."""
        pending = await self.store.pending_effects(self._clock.now() + HORIZON)  # what was postponed is wanted, too
        await self.runner.sweep([entry.effect for entry in pending])
        await self._names.start()
        await self._homes.start()
        await self.watches.start()
        await self._waits.start()
        await self.schedules.start()
        await self.outbox.start(self._performers.by_effect())
        await self.inbox.start()
        self.upkeep.start()
        self._disk.start()

    async def settled(self) -> None:
        """Wait until there is nothing to do but wait for people, hosts and time."""
        while self.inbox.depth or self.outbox.depth:
            await self.inbox.settled()
            await self.outbox.settled()

    async def drain(self, grace: float) -> bool:
        """Start nothing more, let running actions finish for so many seconds, send what is to be told. True: nothing was cut off."""
        self.runner.pause()
        self.rules.pause()
        finished = await self.runner.finished(grace)
        await self.outbox.flushed(
            (Report, ReportInvalid, ReportNotStarted, ReportHeld, Acknowledge, Refuse, Say), FLUSH
        )
        return finished

    async def close(self) -> None:
        await self._disk.close()
        await self.progress.close()
        await self.catching_up.close()
        await self.upkeep.close()
        await self.inbox.close()
        await self.outbox.close()

    async def check_store(self) -> str:
        """For readiness: "" while the store answers."""
        try:
            await self.store.repositories()
        except StoreUnavailable as error:
            return str(error)
        return ""

    def _watch(self, before: Execution | None, after: Execution, pipeline: Pipeline) -> None:
        measure(self.metrics, before, after, pipeline)
        self.changes.notify(after.id)

    def _watch_loops(self, metrics: Metrics) -> None:
        metrics.watch("running_actions", "Actions that run now.", lambda: self.runner.running)
        metrics.watch(
            "failing_actions",
            "Actions that wait, and are tried again, because the artifact store or something else of the bot's own fails.",
            lambda: len(self.runner.failures.waiting),
        )
        metrics.watch(
            "outbox_depth", "Effects that are being performed, or are about to be.", lambda: self.outbox.depth
        )
        metrics.watch("inbox_depth", "Deliveries that are kept but not yet handled.", lambda: self.inbox.depth)
