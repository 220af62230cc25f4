"""A pipeline's definition as the rest of Penstock uses it: parsed, validated, defaults filled in. What starts it is in `triggers`.

The file's grammar (shorthands, descriptions, limits) is in `bot.definition`, which makes these. Rule ids: codepipeline
reference, sections 2 and 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

from bot.model.cluster_deployment import ManifestDeploy
from bot.model.deployment import DeploymentOptions
from bot.model.git_deployment import GitDeploy
from bot.model.notification import NotificationRule
from bot.model.object_deployment import ObjectDeploy
from bot.model.repository import RefKind
from bot.model.source import Format, GitSource, Source
from bot.model.texts import texts_in
from bot.model.triggers import Triggers

DAY = 86_400.0
APPROVAL_TIMEOUT = 7 * DAY  # APR-7
RULE_TIMEOUT = 3600.0
WINDOW_TIMEOUT = 7 * DAY
"""A window that is still closed then will hardly open: as long as an approval is waited for."""


class Mode(StrEnum):
    SUPERSEDED = "superseded"
    QUEUED = "queued"
    PARALLEL = "parallel"


class Outdated(StrEnum):
    """What a newer revision of the lane does to an older execution that still runs."""

    FINISH = "finish"
    STOP = "stop"


class RetryMode(StrEnum):
    FAILED_ACTIONS = "failed"
    ALL_ACTIONS = "all"


class ConditionResult(StrEnum):
    FAIL = "fail"
    SKIP = "skip"
    ROLLBACK = "rollback"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Variable:
    """A pipeline variable. `default` None: a start must give a value (VAR-11)."""

    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Shell commands, run one after another by `sh -e` in a checkout of the commit."""

    commands: tuple[str, ...]
    kind: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Build:
    """A buildspec: a path in the commit, or the document itself. `kind` tells a build from a test; they work alike.

    `batch`: all the builds of its `batch` instead of one (BAT-1); `combine_artifacts`: what they make becomes one artifact (BAT-8).
    """

    kind: Literal["build", "test"]
    buildspec: str | Mapping[str, object]
    batch: bool = False
    combine_artifacts: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a condition, or a check between two steps: what it is (`window`, `check`, `run`, `invoke`, `metric`) and its configuration."""

    name: str
    kind: Literal["window", "check", "run", "invoke", "metric"]
    configuration: Mapping[str, object]
    timeout: float | None = None

    @property
    def limit(self) -> float:
        """Seconds that the rule may take, waits included. One that waits by itself (`wait`) has that time on top."""
        if self.timeout is not None:
            return self.timeout
        if self.kind == "window":
            return WINDOW_TIMEOUT
        wait = self.configuration.get("wait")
        return RULE_TIMEOUT + (wait if isinstance(wait, int | float) else 0.0)


@dataclass(frozen=True, slots=True)
class Deploy:
    """An appspec's path in what is deployed, or the document itself; where it goes to, and how. `checks` must all hold after each step in
    which traffic is shifted.
    """

    appspec: str | Mapping[str, object]
    kind: Literal["deploy"] = "deploy"
    options: DeploymentOptions = field(default_factory=DeploymentOptions)
    checks: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Approve:
    """A manual approval. Empty `by`: whoever may write to the repository. `timeout` seconds, then the action fails (APR-7)."""

    by: tuple[str, ...] = ()
    count: int = 1
    self_approval: bool = True
    timeout: float = APPROVAL_TIMEOUT
    message: str = ""
    link: str = ""
    kind: Literal["approve"] = "approve"


@dataclass(frozen=True, slots=True)
class Invoke:
    """One of `function` (an endpoint that the settings name), `url`, `command` (a program of the commit) and `pipeline`, and what goes with it."""

    target: Mapping[str, object]
    kind: Literal["invoke"] = "invoke"


@dataclass(frozen=True, slots=True)
class SourceWork:
    """A further source besides the pushed commit."""

    source: Source
    kind: Literal["source"] = "source"


@dataclass(frozen=True, slots=True)
class Use:
    """An action type that a plug-in provides, with its configuration."""

    type: str
    configuration: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["use"] = "use"


Work = Run | Build | Deploy | ObjectDeploy | GitDeploy | ManifestDeploy | Approve | Invoke | SourceWork | Use


@dataclass(frozen=True)  # no slots: `texts` is found once
class Action:
    """One step. `timeout` seconds, None: the executor's default. `outputs`: artifact name to globs. `region`: whose artifact store it uses, "" for the bot's own (ART-7)."""

    name: str
    work: Work
    run_order: int = 1
    inputs: tuple[str, ...] = ()
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    namespace: str = ""
    timeout: float | None = None
    image: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    region: str = ""

    @property
    def approval(self) -> Approve | None:
        return self.work if isinstance(self.work, Approve) else None

    @property
    def makes_reference(self) -> bool:
        """Whether its artifact is a reference to a commit, and no files."""
        source = self.work.source if isinstance(self.work, SourceWork) else None
        return isinstance(source, GitSource) and source.format == "clone"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Every text in which it may refer to a value (VAR-2)."""
        return tuple(texts_in((self.work, self.env, self.image)))


@dataclass(frozen=True, slots=True)
class Condition:
    """Rules judged together (CND-1) and what follows when they do not hold (entry, success) or do hold (failure)."""

    result: ConditionResult
    rules: tuple[Rule, ...] = ()
    retry_mode: RetryMode = RetryMode.FAILED_ACTIONS

    def rule(self, name: str) -> Rule:
        return next(rule for rule in self.rules if rule.name == name)


@dataclass(frozen=True, slots=True)
class Stage:
    """Actions in groups of equal `run_order`; `environment` names what it occupies across lanes."""

    name: str
    actions: tuple[Action, ...]
    environment: str = ""
    before_entry: Condition | None = None
    on_success: Condition | None = None
    on_failure: Condition | None = None

    @property
    def groups(self) -> tuple[tuple[Action, ...], ...]:
        """The actions by ascending `run_order` (STR-17)."""
        orders = sorted({action.run_order for action in self.actions})
        return tuple(tuple(a for a in self.actions if a.run_order == order) for order in orders)

    def action(self, name: str) -> Action:
        return next(action for action in self.actions if action.name == name)

    def condition(self, kind: str) -> Condition | None:
        """The condition that the file has under that key."""
        found: Condition | None = getattr(self, kind)
        return found

    @property
    def auto_retry(self) -> RetryMode | None:
        """The mode of the one automatic retry that the stage asks for (RET-10), None when it asks for none."""
        if self.on_failure is not None and self.on_failure.result is ConditionResult.RETRY:
            return self.on_failure.retry_mode
        return None


@dataclass(frozen=True, slots=True)
class Checkout:
    """How the commit is fetched. `depth` 0: whole history. `format` "zip": without any, nor a `.git` (SRC-1)."""

    depth: int = 1
    submodules: bool = False
    lfs: bool = False
    format: Format = "clone"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline as one commit defines it.

    `digest` identifies the content: two files that parse to the same definition have the same digest (VER-9).
    `secrets` maps names to sealed values. `file` is the path it was read from.
    """

    name: str
    stages: tuple[Stage, ...]
    digest: str = ""
    file: str = ".pipeline.yml"
    mode: Mode = Mode.SUPERSEDED
    outdated: Outdated | None = None
    triggers: Triggers = field(default_factory=Triggers)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    checkout: Checkout = Checkout()
    notify: tuple[NotificationRule, ...] = ()

    def outdated_for(self, kind: RefKind) -> Outdated:
        if self.outdated is not None:
            return self.outdated
        return Outdated.STOP if kind is RefKind.PULL_REQUEST else Outdated.FINISH

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def stage_index(self, name: str) -> int:
        return next(index for index, stage in enumerate(self.stages) if stage.name == name)
