"""An action: common keys, and exactly one of the keys that say what it does. What goes with what is in `bot.definition.checks`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field

from bot.definition.grammar.approve import ApproveEntry
from bot.definition.grammar.build import BuildEntry, Outputs
from bot.definition.grammar.deploy import DeployEntry
from bot.definition.grammar.durations import Timeout
from bot.definition.grammar.invoke import InvokeEntry
from bot.definition.grammar.source import Source
from bot.definition.grammar.text import (
    NO_SPACE,
    ONE_OR_MANY,
    ArtifactName,
    Commands,
    EnvironmentName,
    EnvironmentValue,
    Given,
    Name,
    Namespace,
    Noun,
    Region,
    RunOrder,
)
from bot.model import pipeline as model

WORK_KINDS = ("run", "build", "test", "deploy", "approve", "invoke", "source", "use")


def artifact_of(action: str) -> str:
    """The artifact that a source makes where its action names none: artifacts' names have fewer characters than actions'."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", action)


class Plugin(Noun):
    """An action type that a plug-in provides."""

    type: Name = Field(description="The plug-in's name for it.")
    configuration: dict[str, Any] = Field(default_factory=dict, description="What the plug-in asks for.")


def _plugin(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


PluginEntry: TypeAlias = Annotated[Plugin, BeforeValidator(_plugin, json_schema_input_type=Name | Plugin)]

Inputs: TypeAlias = Annotated[
    tuple[ArtifactName, ...],
    Field(min_length=1, max_length=10),
    ONE_OR_MANY,
]


class Action(Noun):
    """One step: a name, and exactly one of `run`, `build`, `test`, `deploy`, `approve`, `invoke`, `source`, `use`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in WORK_KINDS]})

    name: Name = Field(description="Unique in the stage.")
    run: Given[Commands] = Field(default=None, description="Shell commands, in a checkout of the commit.")
    build: Given[BuildEntry] = Field(
        default=None, description="A buildspec: its path or the document itself, or a mapping that asks for its batch."
    )
    test: Given[BuildEntry] = Field(default=None, description="A buildspec whose reports matter.")
    deploy: Given[DeployEntry] = Field(
        default=None, description="An appspec: its path or the document itself, or a mapping with its targets."
    )
    approve: ApproveEntry = Field(default=None, description="People must agree before the stage goes on.")
    invoke: Given[InvokeEntry] = Field(default=None, description="An endpoint, a program of the commit, or a pipeline.")
    source: Given[Source] = Field(default=None, description="A further source besides the pushed commit.")
    use: Given[PluginEntry] = Field(default=None, description="An action type that a plug-in provides.")

    run_order: RunOrder = Field(default=1, description="Ascending; actions of equal order run in parallel.")
    inputs: Given[Inputs] = Field(default=None, description="Artifacts of earlier actions; `source` is the commit.")
    outputs: Given[Outputs] = Field(
        default=None,
        description="Artifacts to keep: names with patterns of files; names alone, if the buildspec says which.",
    )
    namespace: Given[Namespace] = Field(
        default=None, description="Makes its output variables available as #{namespace.KEY}."
    )
    timeout: Given[Timeout] = Field(default=None, description="Such as 90m; the action fails when it takes longer.")
    image: Given[Annotated[str, Field(min_length=1, max_length=512, pattern=NO_SPACE)]] = Field(
        default=None, description="The container image it runs in."
    )
    region: Given[Region] = Field(
        default=None, description="Uses the artifact store that the bot has for that region; default: the bot's own."
    )
    # CodePipeline allows ten variables; nothing here depends on so small a number.
    env: Given[Annotated[dict[EnvironmentName, EnvironmentValue], Field(max_length=50)]] = Field(
        default=None, description="Environment variables."
    )

    def to_model(self) -> model.Action:
        return model.Action(
            name=self.name,
            work=self._work(),
            run_order=self.run_order,
            inputs=self.inputs or (),
            outputs=self._outputs(),
            namespace=self.namespace or "",
            timeout=None if self.approve else self.timeout,
            image=self.image or "",
            env=self.env or {},
            region=self.region or "",
        )

    def _outputs(self) -> Mapping[str, tuple[str, ...]]:
        """A source always makes an artifact: the whole of it, under the action's name, where the file says no more."""
        if self.source is None or self.outputs:
            return self.outputs or {}
        return {artifact_of(self.name): ("**",)}

    def _work(self) -> model.Work:
        if self.run:
            return model.Run(self.run)
        if self.approve:
            return self.approve.to_model(self.timeout)
        if self.build:
            return self.build.to_model("build")
        if self.test:
            return self.test.to_model("test")
        if self.deploy:
            return self.deploy.to_model()
        return self._foreign_work()

    def _foreign_work(self) -> model.Work:
        if self.invoke:
            return self.invoke.to_model()
        if self.source:
            return model.SourceWork(self.source.to_model())
        if self.use:
            return model.Use(self.use.type, self.use.configuration)
        raise AssertionError("an action without work has a problem, and is never made")
