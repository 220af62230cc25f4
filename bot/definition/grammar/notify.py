"""`notify`: who is told of what happens to executions (section 19.2). Addresses are the operator's: a file only names them."""

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from bot.definition.grammar.text import ONE_OR_MANY, Boolean, Given, Name, Noun
from bot.model.notification import USUAL, NotificationEvent, NotificationRule

Event: TypeAlias = Literal[
    "pipeline-execution-started",
    "pipeline-execution-resumed",
    "pipeline-execution-succeeded",
    "pipeline-execution-failed",
    "pipeline-execution-canceled",
    "pipeline-execution-superseded",
    "pipeline-execution-recovered",
    "pipeline-execution-rolled-back",
    "stage-execution-started",
    "stage-execution-resumed",
    "stage-execution-succeeded",
    "stage-execution-failed",
    "stage-execution-canceled",
    "action-execution-started",
    "action-execution-succeeded",
    "action-execution-failed",
    "action-execution-canceled",
    "manual-approval-needed",
    "manual-approval-succeeded",
    "manual-approval-failed",
]
assert set(get_args(Event)) == set(NotificationEvent)  # noqa: S101  two lists of the same words: a type can't be computed


class Notify(Noun):
    """One rule: these targets are told of these events."""

    to: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10), ONE_OR_MANY] = Field(
        description="Targets, as the bot's settings name them."
    )
    events: Given[Annotated[tuple[Event, ...], Field(min_length=1, max_length=20), ONE_OR_MANY]] = Field(
        default=None, description="Of what; an approval that is needed, a failure and a recovery when left out."
    )
    pull_requests: Boolean = Field(default=False, description="Whether executions of pull requests are told of, too.")

    def to_model(self) -> NotificationRule:
        events = USUAL if self.events is None else tuple(map(NotificationEvent, self.events))
        return NotificationRule(self.to, events, self.pull_requests)
