"""Effects: the orders that come out of `decide`, as data. `bot.runtime` performs them; performing one twice is harmless.

`key` names an effect in the outbox: a second one with the same key replaces the first (the newest report is the one to send).
"""

from bot.core.effects.actions import (
    AbandonAction,
    FindOwners,
    RemindAt,
    StartAction,
    WakeAt,
    batch_job_id,
    job_id,
    parts_of_job,
)
from bot.core.effects.environments import AnswerClaim, ClaimEnvironment, LeaveEnvironment
from bot.core.effects.rules import AbandonRule, StartRule, rule_job_id
from bot.core.effects.starts import StartFollowers, StartRollback, StartScheduled, WatchSource
from bot.core.effects.told import Acknowledge, Notify, Refuse, Report, ReportHeld, ReportInvalid, ReportNotStarted, Say

__all__ = [
    "AbandonAction",
    "AbandonRule",
    "Acknowledge",
    "AnswerClaim",
    "ClaimEnvironment",
    "Effect",
    "FindOwners",
    "LeaveEnvironment",
    "Notify",
    "Refuse",
    "RemindAt",
    "Report",
    "ReportHeld",
    "ReportInvalid",
    "ReportNotStarted",
    "Say",
    "StartAction",
    "StartFollowers",
    "StartRollback",
    "StartRule",
    "StartScheduled",
    "WakeAt",
    "WatchSource",
    "batch_job_id",
    "due",
    "job_id",
    "parts_of_job",
    "rule_job_id",
]

Effect = (
    StartAction
    | AbandonAction
    | FindOwners
    | WakeAt
    | RemindAt
    | StartRule
    | AbandonRule
    | StartRollback
    | StartFollowers
    | StartScheduled
    | WatchSource
    | Report
    | Notify
    | Acknowledge
    | Refuse
    | Say
    | ReportInvalid
    | ReportNotStarted
    | ReportHeld
    | ClaimEnvironment
    | LeaveEnvironment
    | AnswerClaim
)


def due(effect: Effect) -> float:
    """Not before when: a deadline, a schedule, what is to be looked at or asked again; everything else at once."""
    if isinstance(effect, StartAction):
        return max((each.at for each in (effect.again, effect.failing) if each is not None), default=0.0)
    timed = FindOwners | WakeAt | RemindAt | StartRule | StartScheduled | WatchSource
    return effect.at if isinstance(effect, timed) else 0.0
