"""Events: the facts that `decide` is told. Each carries its own time and ids, since the core has no clock and makes no ids.

`id` makes an event harmless to tell twice: a lane takes an id once. What a host says is `bot.model.host_event`; these are
what it comes to mean for one lane.
"""

from bot.core.events.actions import (
    ActionFinished,
    ActionStarted,
    ActionWaits,
    ApprovalAnswered,
    ApprovalExpired,
    OwnersFound,
)
from bot.core.events.environments import EnvironmentAnswered
from bot.core.events.orders import (
    Candidate,
    ContinueRequested,
    HoldRequested,
    OverrideRequested,
    ReleaseRequested,
    RetryRequested,
    RollbackRequested,
    StopRequested,
)
from bot.core.events.rules import RuleFinished, RuleWaits
from bot.core.events.starts import DefinitionChanged, RefEnded, StartRequested

__all__ = [
    "ActionFinished",
    "ActionStarted",
    "ActionWaits",
    "ApprovalAnswered",
    "ApprovalExpired",
    "Candidate",
    "ContinueRequested",
    "DefinitionChanged",
    "EnvironmentAnswered",
    "Event",
    "HoldRequested",
    "OverrideRequested",
    "OwnersFound",
    "RefEnded",
    "ReleaseRequested",
    "RetryRequested",
    "RollbackRequested",
    "RuleFinished",
    "RuleWaits",
    "StartRequested",
    "StopRequested",
]

Event = (
    StartRequested
    | ActionStarted
    | ActionWaits
    | ActionFinished
    | ApprovalAnswered
    | OwnersFound
    | ApprovalExpired
    | StopRequested
    | RetryRequested
    | RuleWaits
    | RuleFinished
    | ContinueRequested
    | OverrideRequested
    | RollbackRequested
    | HoldRequested
    | ReleaseRequested
    | EnvironmentAnswered
    | DefinitionChanged
    | RefEnded
)
