"""The appspec's grammar for servers (sections 1 to 4). `to_model` makes of it what the deploy action uses."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from bot.appspec.paths import Absolute, Inside, Location
from bot.appspec.permissions import Permission
from bot.definition.document import Plain, quoted
from bot.definition.foreign import Part, Text
from bot.definition.grammar.text import refuse
from bot.definition.suggest import closest, did_you_mean
from bot.model import appspec as model
from bot.model.appspec import HOOKS, LONGEST_EVENT, Existing, LifecycleEvent


def _version(value: object) -> float:
    """APS-4: a number; the agent refuses a text, however it reads."""
    if isinstance(value, Plain) and not isinstance(value.value, bool) and value.value == 0:
        return 0.0
    quotes = isinstance(value, str) and not isinstance(value, Plain) and value.strip() == "0.0"
    shown = "a text" if quotes else quoted(value) if isinstance(value, str) else "no number"
    reason = f"The version must be the number 0.0, and is {shown} (APS-4)."
    raise refuse(reason, "Remove the quotes." if quotes else "Write `version: 0.0`.")


def _words(what: str, words: tuple[str, ...]) -> AfterValidator:
    def known(value: str) -> str:
        if value not in words:
            meant = closest(value, words)
            remedy = did_you_mean(meant) if meant else f"Write one of {', '.join(words)}."
            raise refuse(f"{what} cannot be {quoted(value)}.", remedy)
        return value

    return AfterValidator(known)


def _timeout(value: object) -> float:
    number = value.value if isinstance(value, Plain) and not isinstance(value.value, bool) else None
    if isinstance(value, str) and number is None and value.isdigit():
        number = int(value)  # the agent takes `"300"`, too
    if number is None or not number > 0:
        shown = quoted(value) if isinstance(value, str) else "no number"
        raise refuse(
            f"The timeout must be a number of seconds above 0, and is {shown} (HOK-2).", "Write `timeout: 300`."
        )
    return float(number)


def _sudo(value: object) -> bool:
    return str(value).lower() in ("true", "yes", "1")


class FileCopy(Part):
    """A file or folder of the bundle, and the folder that it is copied into."""

    source: Inside = Field(description="A file, or a folder whose contents are copied; `/` is the whole bundle.")
    destination: Absolute = Field(description="The folder that it is copied into.")

    def to_model(self) -> model.FileCopy:
        return model.FileCopy(self.source, self.destination)


class Script(Part):
    """A script of the bundle."""

    location: Location = Field(description="The script, from the bundle's root.")
    timeout: Annotated[
        float,
        BeforeValidator(_timeout, json_schema_input_type=Any),
        WithJsonSchema({"type": ["number", "string"], "exclusiveMinimum": 0}),
    ] = Field(default=LONGEST_EVENT, description="Seconds.")
    runas: Text = Field(default="", description="The user that it is run as.")
    sudo: Annotated[bool, BeforeValidator(_sudo, json_schema_input_type=Any)] = Field(default=False)

    def to_model(self) -> model.Script:
        return model.Script(self.location, self.timeout, self.runas, self.sudo)


def _scripts(value: object) -> object:
    return [] if value is None else value  # APS-5a: an event without a value is none


def _within_an_hour(scripts: tuple[Script, ...]) -> tuple[Script, ...]:
    """HOK-2. Those that say nothing have what the others leave."""
    given = sum(script.timeout for script in scripts if "timeout" in script.model_fields_set)
    if given > LONGEST_EVENT:
        reason = f"The scripts of one event may take 3600 seconds together, and these {given:g} (HOK-2)."
        raise refuse(reason, "Give them shorter timeouts.")
    return scripts


Scripts: TypeAlias = Annotated[tuple[Script, ...], BeforeValidator(_scripts), AfterValidator(_within_an_hour)]


def _event(name: str) -> str:
    if name in HOOKS:
        return name
    if name in {event.value for event in LifecycleEvent}:
        raise refuse(
            f"{quoted(name)} is the deployment's own event, which takes no scripts (APS-7).",
            "Use the one before or behind it.",
        )
    meant = closest(name, tuple(HOOKS))
    remedy = did_you_mean(meant) if meant else f"Use one of {', '.join(HOOKS)}."
    raise refuse(f"There is no lifecycle event {quoted(name)} (APS-5).", remedy)


def _nothing(value: object) -> object:
    return () if value is None else value


def _no_hooks(value: object) -> object:
    return {} if value is None else value


class Appspec(Part):
    """An appspec for servers. Files, permissions and hooks are all optional (APS-6)."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    version: Annotated[float, BeforeValidator(_version, json_schema_input_type=Any), WithJsonSchema({"const": 0.0})] = (
        Field(description="Always 0.0.")
    )
    os: Annotated[Text, _words("`os`", ("linux",))] = Field(description="What the targets run: `linux`.")
    files: Annotated[tuple[FileCopy, ...], BeforeValidator(_nothing)] = Field(
        default=(), description="What is copied where."
    )
    file_exists_behavior: Annotated[Text, _words("`file_exists_behavior`", tuple(Existing))] | None = Field(
        default=None,
        description="What becomes of files that stand there and are nobody's: DISALLOW (fail), OVERWRITE, RETAIN.",
    )
    permissions: Annotated[tuple[Permission, ...], BeforeValidator(_nothing)] = Field(
        default=(), description="Modes and owners of what was copied."
    )
    hooks: Annotated[dict[Annotated[str, AfterValidator(_event)], Scripts], BeforeValidator(_no_hooks)] = Field(
        default_factory=dict, description="Scripts, by lifecycle event."
    )

    def to_model(self) -> model.Appspec:
        return model.Appspec(
            self.os,
            tuple(each.to_model() for each in self.files),
            tuple(each.to_model() for each in self.permissions),
            {
                LifecycleEvent(name): tuple(each.to_model() for each in self.hooks[name])
                for name in HOOKS
                if self.hooks.get(name)
            },
            Existing(self.file_exists_behavior) if self.file_exists_behavior else None,
        )
