"""What starts a pipeline, as its definition says: pushes, pull requests, times, other pipelines, webhooks. Rule ids: codepipeline
reference, section 8.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.webhook import WebhookTrigger


class PullRequestKind(StrEnum):
    """The kinds of pull-request event a trigger can name. A reopened pull request counts as opened."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Globs (section 8.4): excludes win over includes; no includes means everything not excluded (TRG-3)."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PushTrigger:
    """One push filter. `tags` stands alone; `paths` only beside `branches` or with neither (any branch). None: not filtered on."""

    branches: Patterns | None = None
    tags: Patterns | None = None
    paths: Patterns | None = None


@dataclass(frozen=True, slots=True)
class PullRequestTrigger:
    """One pull-request filter. `branches` judges the target branch."""

    events: tuple[PullRequestKind, ...] = tuple(PullRequestKind)
    branches: Patterns | None = None
    paths: Patterns | None = None


@dataclass(frozen=True, slots=True)
class ScheduleTrigger:
    cron: str
    timezone: str = "UTC"

    def __str__(self) -> str:
        return self.cron if self.timezone == "UTC" else f"{self.cron} {self.timezone}"


@dataclass(frozen=True, slots=True)
class Triggers:
    """Reasons to start, alternatives all (TRG-1). `default_branch` is the trigger of a file that names none: a push to the default branch."""

    push: tuple[PushTrigger, ...] = ()
    pull_request: tuple[PullRequestTrigger, ...] = ()
    schedule: tuple[ScheduleTrigger, ...] = ()
    pipelines: tuple[str, ...] = ()
    default_branch: bool = False
    webhooks: tuple[WebhookTrigger, ...] = ()
