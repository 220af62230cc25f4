"""`triggers`: what starts the pipeline by itself (section 8). Which shapes go together is checked in `bot.definition.checks`.

What is written and what it means:
- no `triggers` key: a push to the default branch, and a pull request opened or updated;
- `triggers: {}`: nothing starts it by itself;
- `push: true`, `push: {}` and `push:` alone: a push to any branch, never a tag;
- `push` with both `tags` and `branches` or `paths` is short for two filters, one of them for tags alone (section 8.2);
- `pull_request` without `events`: all of them (TRG-8); `true`, `{}` and nothing are the same without any filter.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from bot.definition.document import List, Map, Plain
from bot.definition.grammar.cron import Schedules
from bot.definition.grammar.text import ONE_OR_MANY, Given, Globs, Name, Noun, OneOrMany, refuse
from bot.definition.grammar.webhooks import Webhook
from bot.model import triggers as model


class Patterns(Noun):
    """Globs: `*` within one segment, `**` across segments; excludes win over includes."""

    include: Given[Globs] = Field(default=None, description="At least one must match; none given: everything matches.")
    exclude: Given[Globs] = Field(default=None, description="None may match.")


def _as_include(value: object) -> object:
    return {"include": value} if isinstance(value, (str, List)) else value


Filter: TypeAlias = Annotated[Patterns, BeforeValidator(_as_include, json_schema_input_type=Globs | Patterns)]


def _patterns(part: Patterns | None) -> model.Patterns | None:
    return None if part is None else model.Patterns(part.include or (), part.exclude or ())


def _filters(value: object) -> object:
    """Nothing and `true` are one filter that lets everything pass; one mapping stands for a list of one."""
    if value is None or (isinstance(value, Plain) and value.value is True):
        return [{}]
    if isinstance(value, Map):
        return [value]
    if isinstance(value, List):
        return value
    raise refuse(
        "This must be filters, or `true` for no filter.", "Write `branches: [main]` below it, or remove the key."
    )


FILTERS = OneOrMany(_filters, ({"const": True}, {"type": "null"}))


class Push(Noun):
    """A branch or tag was pushed. All parts given must pass."""

    branches: Given[Filter] = Field(default=None, description="The branches pushed to.")
    tags: Given[Filter] = Field(default=None, description="The tags pushed.")
    paths: Given[Filter] = Field(default=None, description="At least one changed file must pass.")

    def to_model(self) -> tuple[model.PushTrigger, ...]:
        branches, tags, paths = (_patterns(part) for part in (self.branches, self.tags, self.paths))
        entries = [model.PushTrigger(branches=branches, paths=paths)] if branches or paths else []
        if tags:
            entries.append(model.PushTrigger(tags=tags))
        return tuple(entries) or (model.PushTrigger(branches=model.Patterns()),)


Event: TypeAlias = Literal["opened", "updated", "closed"]


class PullRequest(Noun):
    """A pull request changed. All parts given must pass."""

    events: Given[Annotated[tuple[Event, ...], Field(min_length=1, max_length=3), ONE_OR_MANY]] = Field(
        default=None, description="What happened to it; all three when left out."
    )
    branches: Given[Filter] = Field(default=None, description="The target branch.")
    paths: Given[Filter] = Field(default=None, description="At least one changed file must pass.")

    def to_model(self) -> model.PullRequestTrigger:
        events = tuple(kind for kind in model.PullRequestKind if self.events is None or kind in self.events)
        return model.PullRequestTrigger(events, _patterns(self.branches), _patterns(self.paths))


class Triggers(Noun):
    """What starts the pipeline; any one is enough."""

    push: Annotated[tuple[Push, ...], Field(min_length=1, max_length=3), FILTERS] = Field(
        default=(), description="A push of a branch or tag."
    )
    pull_request: Annotated[tuple[PullRequest, ...], Field(min_length=1, max_length=3), FILTERS] = Field(
        default=(), description="A pull request opened, updated or closed."
    )
    schedule: Given[Schedules] = Field(default=None, description="Times, on the default branch.")
    pipelines: Given[Annotated[tuple[Name, ...], Field(min_length=1, max_length=50), ONE_OR_MANY]] = Field(
        default=None, description="Pipelines whose success starts this one."
    )

    webhooks: Given[Annotated[tuple[Webhook, ...], Field(min_length=1, max_length=10), ONE_OR_MANY]] = Field(
        default=None, description="Addresses whose calls start it on its home branch."
    )

    def to_model(self) -> model.Triggers:
        return model.Triggers(
            push=tuple(entry for push in self.push for entry in push.to_model()),
            pull_request=tuple(entry.to_model() for entry in self.pull_request),
            schedule=tuple(model.ScheduleTrigger(entry.cron, entry.timezone) for entry in self.schedule or ()),
            pipelines=self.pipelines or (),
            webhooks=tuple(webhook.to_model() for webhook in self.webhooks or ()),
        )


DEFAULT = model.Triggers(
    default_branch=True,
    pull_request=(model.PullRequestTrigger((model.PullRequestKind.OPENED, model.PullRequestKind.UPDATED)),),
)
