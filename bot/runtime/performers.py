"""Who performs which effect. When, and how often, is the outbox's affair; what performing means, each performer's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.effects import (
    AbandonAction,
    AbandonRule,
    Acknowledge,
    AnswerClaim,
    ClaimEnvironment,
    Effect,
    FindOwners,
    LeaveEnvironment,
    Notify,
    Refuse,
    RemindAt,
    Report,
    ReportHeld,
    ReportInvalid,
    ReportNotStarted,
    Say,
    StartAction,
    StartFollowers,
    StartRollback,
    StartRule,
    StartScheduled,
    WakeAt,
    WatchSource,
)
from bot.runtime.actions import ActionRunner
from bot.runtime.environments import Environments
from bot.runtime.expiry import Expiry
from bot.runtime.followers import Followers
from bot.runtime.notifying import Notifier
from bot.runtime.outbox import Performer
from bot.runtime.owners import OwnerFinder
from bot.runtime.questions import Questions
from bot.runtime.replies import Replies
from bot.runtime.reports import Reporter
from bot.runtime.rollbacks import Rollbacks
from bot.runtime.rules import RuleRunner
from bot.runtime.schedules import Schedules
from bot.runtime.watches import Watches


@dataclass(frozen=True, slots=True)
class Performers:
    runner: ActionRunner
    rules: RuleRunner
    rollbacks: Rollbacks
    owners: OwnerFinder
    environments: Environments
    expiry: Expiry
    followers: Followers
    schedules: Schedules
    watches: Watches
    reporter: Reporter
    questions: Questions
    notifier: Notifier
    replies: Replies

    def by_effect(self) -> Mapping[type[Effect], Performer]:
        return {**self._of_work(), **self._of_starts(), **self._of_words()}

    def _of_work(self) -> Mapping[type[Effect], Performer]:
        """What stages order and share."""
        return {
            StartAction: Performer(self.runner.start, give_up=self.runner.give_up),
            AbandonAction: Performer(self.runner.abandon),
            StartRule: Performer(self.rules.start, give_up=self.rules.give_up),
            AbandonRule: Performer(self.rules.abandon),
            StartRollback: Performer(self.rollbacks.start, give_up=self.rollbacks.give_up),
            FindOwners: Performer(self.owners.find, give_up=self.owners.give_up),
            WakeAt: Performer(self.expiry.wake),
            ClaimEnvironment: Performer(self.environments.tell),
            LeaveEnvironment: Performer(self.environments.tell),
            AnswerClaim: Performer(self.environments.answer),
        }

    def _of_starts(self) -> Mapping[type[Effect], Performer]:
        """What starts pipelines."""
        return {
            StartFollowers: Performer(self.followers.start),
            StartScheduled: Performer(self.schedules.wake, give_up=self.schedules.give_up),
            WatchSource: Performer(self.watches.wake, give_up=self.watches.give_up),
        }

    def _of_words(self) -> Mapping[type[Effect], Performer]:
        """What people are told."""
        return {
            Report: Performer(self.reporter.report, self.reporter.hold_back),
            ReportInvalid: Performer(self.reporter.report_invalid),
            ReportNotStarted: Performer(self.reporter.report_not_started),
            ReportHeld: Performer(self.reporter.report_held),
            RemindAt: Performer(self.questions.remind),
            Notify: Performer(self.notifier.notify),
            Acknowledge: Performer(self.replies.acknowledge),
            Refuse: Performer(self.replies.refuse),
            Say: Performer(self.replies.say),
        }
