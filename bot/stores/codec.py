"""Nouns, events and effects to JSON text and back. Which row they are in is not known here.

A record without a field, written by an older version, gets the field's default; one with a field of a newer version loses
it. So a field that is added to a model needs a default, and a default is never given another meaning: what is written is
always written whole.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from bot.core.effects import Effect
from bot.core.events import Event
from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.deployment import Deployment
from bot.model.environment import Claimant
from bot.model.execution import Execution
from bot.model.intake import Intake
from bot.model.lane import StageSlot
from bot.model.object_deployment import WrittenObjects
from bot.model.pipeline import Pipeline
from bot.model.results import ResultsRecord

T = TypeVar("T")


def printable(value: Any) -> Any:
    """The value with what UTF-8 can't hold (lone surrogates, from broken names in Git and broken JSON) as visible escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {printable(name): printable(each) for name, each in value.items()}
    return [printable(each) for each in value] if isinstance(value, list | tuple) else value


class Codec(Generic[T]):
    """One kind of value. `renamed`: what a field was called by an older version, and which ones have its value now."""

    def __init__(self, adapter: TypeAdapter[T], renamed: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._adapter = adapter
        self._renamed = renamed or {}

    def encode(self, value: T) -> str:
        try:
            return self._adapter.dump_json(value).decode()
        except (PydanticSerializationError, UnicodeEncodeError):
            return json.dumps(printable(self._adapter.dump_python(value)), ensure_ascii=False)

    def decode(self, text: str) -> T:
        for old, now in self._renamed.items():
            if f'"{old}":' in text:
                text = _renamed(text, old, now)
        return self._adapter.validate_json(text)


def _renamed(text: str, old: str, now: tuple[str, ...]) -> str:
    """In the value itself, and in the execution that the event of a rollback holds."""
    found = json.loads(text)
    for holder in (found, found.get("target")):
        if isinstance(holder, dict) and old in holder:
            holder.update(dict.fromkeys(now, holder.pop(old)))
    return json.dumps(found)


# Until schema 0009 one field said both.
_SPLIT = {"trusted": ("may_have_secrets", "may_keep_cache")}

EXECUTION: Codec[Execution] = Codec(TypeAdapter(Execution), _SPLIT)
PIPELINE: Codec[Pipeline] = Codec(TypeAdapter(Pipeline))
RESULTS: Codec[ResultsRecord] = Codec(TypeAdapter(ResultsRecord))
DEPLOYMENT: Codec[Deployment] = Codec(TypeAdapter(Deployment))
WRITTEN_OBJECTS: Codec[WrittenObjects] = Codec(TypeAdapter(WrittenObjects))
ANNOTATIONS: Codec[AnnotationsRecord] = Codec(TypeAdapter(AnnotationsRecord))
BATCH: Codec[BatchRun] = Codec(TypeAdapter(BatchRun))
INTAKE: Codec[Intake] = Codec(TypeAdapter(Intake))
SEEN: Codec[Mapping[str, str]] = Codec(TypeAdapter(Mapping[str, str]))
SLOTS: Codec[Mapping[str, StageSlot]] = Codec(TypeAdapter(Mapping[str, StageSlot]))
CLAIMANTS: Codec[tuple[Claimant, ...]] = Codec(TypeAdapter(tuple[Claimant, ...]))
HEADERS: Codec[Mapping[str, str]] = Codec(TypeAdapter(Mapping[str, str]))
EVENT: Codec[Event] = Codec(TypeAdapter(Annotated[Event, Field(discriminator="kind")]), _SPLIT)
EFFECT: Codec[Effect] = Codec(TypeAdapter(Annotated[Effect, Field(discriminator="kind")]))
