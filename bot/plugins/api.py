"""The interface of plug-ins. It is kept: what is here is changed only with a new major version."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class NoConfiguration(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ActionFailed(Exception):
    """Raised by a plug-in whose work has failed: the text says why, and is shown where the action's failure is."""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at one action.

    `configuration` is an instance of the plug-in's `Configuration`, references in it replaced. `workspace` is the checkout of the
    commit, `inputs` are the folders of the action's inputs; the process starts in the first, and what the action's `outputs` choose
    below that is kept when it has succeeded. `event` is the document that an invoked endpoint would get: the execution, the revision, the
    action. The pipeline's secrets are environment variables, masked in the log.
    """

    configuration: Any
    workspace: Path
    inputs: Mapping[str, Path]
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """`outputs` are output variables for later actions; `summary` says in a few words what was done."""

    outputs: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""


class ActionPlugin(ABC):
    """A type of action: `use: {type: <the entry point's name>, configuration: {...}}`.

    It is made without arguments, in a process of its own for each attempt, and is killed with it when the action is abandoned or takes
    too long. What it prints is the action's log. An exception other than `ActionFailed` fails the action, with its traceback in the log.
    """

    Configuration: ClassVar[type[BaseModel]] = NoConfiguration
    """What may stand under `configuration`. Its JSON Schema is what pipeline files are checked against before anything starts."""

    @abstractmethod
    def perform(self, call: Call) -> Result | None:
        """Do the work; nothing is a result without outputs. Raises ActionFailed."""
