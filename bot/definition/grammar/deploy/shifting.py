"""Traffic that a deployment shifts: the two sets of targets, how it goes over, and what is asked in between (appspec reference, sections 10 and 13)."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from bot.definition.document import Map, Plain, quoted
from bot.definition.grammar.condition import Rule
from bot.definition.grammar.deploy.targets import Tagged, TargetsEntry
from bot.definition.grammar.durations import Timeout
from bot.definition.grammar.text import Given, Noun, refuse
from bot.model import pipeline
from bot.model import traffic as model

LONGEST = 2880 * model.MINUTE
"""Between the first step and the last, and for the originals (sections 10 and 13)."""

OFTENEST = 10.0
"""Seconds between two times that checks are asked."""


def _share(value: object) -> int:
    text = str(value.value if isinstance(value, Plain) else value).removesuffix("%")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 99):  # noqa: PLR2004  percent
        raise refuse("A step of the traffic must be from 1 to 99 percent.", "Write it like `10%`.")
    return int(text)


Share: TypeAlias = Annotated[int, BeforeValidator(_share, json_schema_input_type=int | str)]


class CustomRouting(Noun):
    """Part of the traffic first: `canary`, and then all the rest, or `linear`, and then as much again and again."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["canary"]}, {"required": ["linear"]}]})

    canary: Given[Share] = Field(default=None, description="The first of two steps, such as 10%.")
    linear: Given[Share] = Field(default=None, description="Every step, such as 10%.")
    interval: Timeout = Field(description="How long each step is watched before the next, such as 5m.")

    @model_validator(mode="after")
    def _one_way(self) -> "CustomRouting":
        if (self.canary is None) == (self.linear is None):
            raise refuse("It must have one of `canary` and `linear`.", "Write it like `{canary: 10%, interval: 5m}`.")
        steps = -(-100 // self.linear) if self.linear else 2
        if self.interval * (steps - 1) > LONGEST:
            raise refuse(
                "The last step would come more than 2880 minutes after the first.",
                "Make the steps larger, or the interval shorter.",
            )
        return self

    def to_model(self) -> model.Routing:
        return model.Routing("", self.canary or self.linear or 100, self.interval, self.linear is not None)


class Originals(Noun):
    """What becomes of the targets that had the traffic."""

    wait: Given[Timeout] = Field(default=None, description="How long they are kept as they were, to go back to.")
    then: Literal["keep", "stop"] = Field(
        default="keep", description="Leave them running, or run their ApplicationStop."
    )

    @model_validator(mode="after")
    def _not_too_long(self) -> "Originals":
        if (self.wait or 0.0) > LONGEST:
            raise refuse("Originals are kept for at most 2880 minutes.", "Write at most `48h`.")
        return self


class Ready(Noun):
    """How long the replacements wait for their traffic, and what becomes of them then (BGR-3)."""

    wait: Timeout = Field(description="How long, such as 30m.")
    on_timeout: Literal["continue", "stop"] = Field(
        default="continue", description="Then: shift the traffic, or stop unless `/continue` has let it go on."
    )


def _ready(value: object) -> object:
    return value if isinstance(value, Map) else {"wait": value}


ReadyEntry: TypeAlias = Annotated[Ready, BeforeValidator(_ready, json_schema_input_type=Timeout | Ready)]

_KINDS = ("run", "invoke", "metric")


def _checks(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    for rule in rules:
        if rule.window is not None or rule.check is not None:
            raise refuse(
                f"The check {quoted(rule.name)} asks nothing that a step could change.",
                f"Use one of {', '.join(_KINDS)}.",
            )
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise refuse("Two checks have the same name.", "Give each a name of its own.")
    return rules


class BlueGreen(Noun):
    """Two sets of targets: what has no traffic is deployed to, and then gets it."""

    blue: TargetsEntry = Field(description="One set: names of targets, or `tags`.")
    green: TargetsEntry = Field(description="The other.")
    ready: Given[ReadyEntry] = Field(
        default=None,
        description="How long the replacements wait for their traffic, such as 30m, or for somebody; default: not at all.",
    )
    originals: Given[Originals] = Field(
        default=None, description="What becomes of the targets that had the traffic; default: they keep running."
    )
    checks: Given[Annotated[tuple[Rule, ...], Field(min_length=1, max_length=5)]] = Field(
        default=None,
        description="Rules that must all hold during each step and at its end, or all traffic goes back at once.",
    )
    check_every: Given[Timeout] = Field(
        default=None, description="How often the checks are asked during a step; default: every minute."
    )

    @model_validator(mode="after")
    def _checks_that_check(self) -> "BlueGreen":
        _checks(self.checks or ())
        if self.check_every is not None and not self.checks:
            raise refuse("`check_every` says how often, and there are no `checks`.", "Add `checks`, or remove it.")
        if self.check_every is not None and self.check_every < OFTENEST:
            raise refuse("Checks are asked at most every 10 seconds.", "Write at least `10s`.")
        return self

    def to_model(self, routing: model.Routing) -> model.BlueGreen:
        originals = self.originals
        return model.BlueGreen(
            _chosen(self.blue),
            _chosen(self.green),
            routing,
            self.ready.wait if self.ready else 0.0,
            (originals.wait or 0.0) if originals else 0.0,
            originals is not None and originals.then == "stop",
            check_every=self.check_every or model.MINUTE,
            stop_unready=self.ready is not None and self.ready.on_timeout == "stop",
        )

    def rules(self) -> tuple[pipeline.Rule, ...]:
        return tuple(rule.to_model() for rule in self.checks or ())


def _chosen(entry: Any) -> model.Chosen:
    return model.Chosen((), entry.tags) if isinstance(entry, Tagged) else model.Chosen(entry)
