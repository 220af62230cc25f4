"""A deployment to servers: an appspec, where it goes to, and how many targets at once (appspec reference, sections 9, 10 and 12)."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.definition.document import Map, Plain, quoted
from bot.definition.grammar.deploy.releases import ReleasesEntry
from bot.definition.grammar.deploy.shifting import BlueGreen, CustomRouting
from bot.definition.grammar.deploy.targets import Tagged, TargetName, TargetsEntry
from bot.definition.grammar.durations import Timeout
from bot.definition.grammar.text import ONE_OR_MANY, Boolean, Given, Noun, PathOrInline, refuse
from bot.model import deployment as model
from bot.model.appspec import Existing
from bot.model.pipeline import Deploy
from bot.model.traffic import ROUTINGS, Routing

GROUP = r"^[A-Za-z0-9.@_-]+(?:/[A-Za-z0-9.@_-]+){0,2}$"
GroupName: TypeAlias = Annotated[str, Field(min_length=1, max_length=302, pattern=GROUP)]


def _minimum(value: object) -> model.Minimum:
    """`3` targets, or `75%` of them (section 10)."""
    if (
        isinstance(value, Plain)
        and isinstance(value.value, int)
        and not isinstance(value.value, bool)
        and value.value >= 0
    ):
        return model.Minimum(value.value)
    text = str(value) if isinstance(value, str) else ""
    if text.endswith("%") and text[:-1].isascii() and text[:-1].isdigit() and int(text[:-1]) < 100:  # noqa: PLR2004  percent
        return model.Minimum(int(text[:-1]), percent=True)
    shown = quoted(value) if isinstance(value, str) else "this"
    reason = f"It must be a number of targets or a percentage below 100, and is {shown}."
    raise refuse(reason, "Write it like `3` or `75%`.")


Minimum: TypeAlias = Annotated[model.Minimum, BeforeValidator(_minimum, json_schema_input_type=int | str)]


class Zones(Noun):
    """One zone after another."""

    minimum_healthy: Minimum = Field(default=model.Minimum(0), description="Targets of a zone that stay healthy.")
    monitor: Given[Timeout] = Field(default=None, description="How long a zone is watched before the next, such as 5m.")
    first_monitor: Given[Timeout] = Field(default=None, description="The same of the first zone.")

    def to_model(self) -> model.Zones:
        return model.Zones(self.minimum_healthy, self.monitor or 0.0, self.first_monitor)


class Configuration(Noun):
    """A deployment configuration of the file's own."""

    minimum_healthy: Minimum = Field(description="Targets that stay healthy: a number, or a percentage such as 75%.")
    zones: Given[Zones] = Field(default=None, description="One zone after another, and what is asked of each.")

    def to_model(self) -> model.DeploymentConfiguration:
        return model.DeploymentConfiguration("", self.minimum_healthy, self.zones.to_model() if self.zones else None)


_PREFIX = "CodeDeployDefault."
_Configured: TypeAlias = Literal[
    "OneAtATime",
    "HalfAtATime",
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery1Minutes",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
]


def _configuration(value: object) -> object:
    if isinstance(value, Map):
        routed = {"canary", "linear", "interval"} & value.keys()
        return (CustomRouting if routed else Configuration).model_validate(value)
    name = str(value).removeprefix(_PREFIX) if isinstance(value, str) else ""
    bare = name.removeprefix("Lambda").removeprefix("ECS")
    if bare in ROUTINGS:
        return bare
    if name not in model.CONFIGURATIONS:
        shown = quoted(value) if isinstance(value, str) else "this"
        known = f"{', '.join(model.CONFIGURATIONS)}, or `minimum_healthy:` with a number of targets"
        remedy = f"Write one of {known}; for traffic that is shifted in steps one of {', '.join(ROUTINGS)}, or `canary:` or `linear:`."
        raise refuse(f"There is no deployment configuration {shown}.", remedy)
    return name


ConfigurationEntry: TypeAlias = Annotated[
    Configuration | CustomRouting | _Configured,
    BeforeValidator(_configuration, json_schema_input_type=_Configured | Configuration | CustomRouting),
]

_When: TypeAlias = Literal["failure", "stop", "never"]


def _never_alone(rollback: tuple[_When, ...]) -> tuple[_When, ...]:
    if "never" in rollback and len(rollback) > 1:
        raise refuse("`rollback` has `never` beside something else.", "Keep one of the two.")
    return rollback


RollbackEntry: TypeAlias = Annotated[
    tuple[_When, ...], Field(min_length=1, max_length=2), AfterValidator(_never_alone), ONE_OR_MANY
]


class Deployment(Noun):
    """An appspec and the targets that it is carried out on."""

    appspec: PathOrInline = Field(
        default="appspec.yml", description="Its path in what is deployed, or the document itself."
    )
    targets: Given[TargetsEntry] = Field(
        default=None, description="Names of targets, or `tags`; default: those tagged `environment` with the stage's."
    )
    config: ConfigurationEntry = Field(
        default="OneAtATime",
        description="How many targets at once, and how many must succeed; or in which steps traffic is shifted.",
    )
    balancer: Given[TargetName] = Field(
        default=None,
        description="Whose traffic the targets get, by the operator's name: each is taken out of it meanwhile.",
    )
    blue_green: Given[BlueGreen] = Field(
        default=None,
        description="Two sets of targets behind the balancer, in place of `targets`: one gets the other's traffic.",
    )
    rollback: RollbackEntry = Field(
        default=("failure",), description="When what was there before is deployed again: `failure`, `stop`, or `never`."
    )
    file_exists_behavior: Literal["DISALLOW", "OVERWRITE", "RETAIN"] = Field(
        default="DISALLOW", description="What becomes of files that stand in the way, where the appspec does not say."
    )
    ignore_application_stop_failures: Boolean = Field(
        default=False, description="Go on when the scripts of the revision before fail to stop it."
    )
    group: Given[GroupName] = Field(
        default=None,
        description="The deployment group: `GROUP`, `APPLICATION/GROUP`, or the `PIPELINE/STAGE/ACTION` that it began as. Default: the action's own.",
    )
    releases: Given[ReleasesEntry] = Field(
        default=None,
        description="A folder for each deployment, and a link `current` that is switched from one to the next.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.blue_green is None and self._routing() is not None:
            raise refuse("`config` shifts traffic, and there are no two sets of targets.", "Add `blue_green`.")
        if self.blue_green is not None and self.targets is not None:
            raise refuse("`blue_green` says which targets, and so does `targets`.", "Keep one of the two.")
        if self.blue_green is not None and self.balancer is None:
            raise refuse("`blue_green` has no `balancer` whose traffic it shifts.", "Name one of the operator's.")
        return self

    def to_model(self) -> Deploy:
        return Deploy(self.appspec, options=self._options(), checks=self.blue_green.rules() if self.blue_green else ())

    def _routing(self) -> Routing | None:
        config = self.config
        if isinstance(config, CustomRouting):
            return config.to_model()
        return ROUTINGS.get(config) if isinstance(config, str) else None

    def _options(self) -> model.DeploymentOptions:
        chosen, config = self.targets, self.config
        tags = chosen.tags if isinstance(chosen, Tagged) else {}
        names = chosen if isinstance(chosen, tuple) else ()
        configuration = model.CONFIGURATIONS["OneAtATime"]
        if isinstance(config, Configuration):
            configuration = config.to_model()
        elif isinstance(config, str):
            configuration = model.CONFIGURATIONS.get(config, configuration)
        return model.DeploymentOptions(
            names,
            tags,
            configuration,
            tuple(model.RollbackOn(each) for each in self.rollback if each != "never"),
            Existing(self.file_exists_behavior),
            self.ignore_application_stop_failures,
            self.balancer or "",
            self.releases.to_model() if self.releases else None,
            self.group or "",
            self.blue_green.to_model(self._routing() or Routing()) if self.blue_green else None,
        )
