"""What is written is read back the same, also by a later version that knows more fields, or fewer."""

import json
import typing
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.effects import Effect
from bot.core.events import Event, RollbackRequested, StartRequested
from bot.model.execution import Execution
from bot.model.intake import Intake
from bot.model.lane import StageSlot
from bot.model.pipeline import Pipeline
from bot.stores import codec
from bot.stores.codec import Codec
from bot.stores.decided import without_definition
from bot.stores.memory import MemoryStore
from tests.stores.anything import any_of
from tests.stores.told import Told, lane_key, pipeline

KINDS: list[tuple[Codec[Any], Any]] = [
    *((codec.EVENT, kind) for kind in typing.get_args(Event)),
    *((codec.EFFECT, kind) for kind in typing.get_args(Effect)),
    (codec.EXECUTION, Execution),
    (codec.PIPELINE, Pipeline),
    (codec.INTAKE, Intake),
    (codec.SLOTS, Mapping[str, StageSlot]),
    (codec.HEADERS, Mapping[str, str]),
]


@pytest.mark.parametrize(("written", "kind"), KINDS, ids=lambda value: getattr(value, "__name__", ""))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_value_comes_back_as_it_was(written: Codec[Any], kind: Any, data: st.DataObject) -> None:
    value = data.draw(any_of(kind))
    assert written.decode(written.encode(value)) == value


def test_a_record_of_an_older_version_gets_the_defaults_of_what_it_lacks() -> None:
    written = json.loads(codec.PIPELINE.encode(pipeline()))
    for field in ("mode", "checkout", "secrets", "triggers"):
        del written[field]
    del written["stages"][0]["actions"][0]["env"]
    assert codec.PIPELINE.decode(json.dumps(written)) == pipeline()


@pytest.mark.parametrize("might", [True, False])
async def test_what_one_field_said_until_it_was_two_is_said_by_both(might: bool) -> None:
    told = Told(MemoryStore())
    execution = replace(await told.start(lane_key()), may_have_secrets=might, may_keep_cache=might)
    back = RollbackRequested("back", 1.0, "x9", 9, "prod", execution.trigger, target=execution)
    values: list[tuple[Codec[Any], Any]] = [
        (codec.EXECUTION, execution),
        (codec.EVENT, replace(told.starting(lane_key()), may_have_secrets=might, may_keep_cache=might)),
        (codec.EVENT, back),
    ]
    for kind, value in values:
        now = f'"may_have_secrets":{json.dumps(might)},"may_keep_cache":{json.dumps(might)}'
        assert now in kind.encode(value)
        assert kind.decode(kind.encode(value).replace(now, f'"trusted":{json.dumps(might)}')) == value


def test_a_record_of_a_newer_version_loses_what_we_do_not_know() -> None:
    written = json.loads(codec.PIPELINE.encode(pipeline()))
    written["colour"] = "blue"
    assert codec.PIPELINE.decode(json.dumps(written)) == pipeline()


def test_a_record_is_written_whole_so_that_a_later_default_can_not_change_it() -> None:
    assert json.loads(codec.PIPELINE.encode(pipeline()))["mode"] == "superseded"


def test_a_start_goes_into_history_without_its_definition() -> None:
    event = Told(MemoryStore()).starting(lane_key())
    kept = without_definition(event)
    assert isinstance(kept, StartRequested)
    assert (kept.pipeline.digest, kept.pipeline.stages) == (event.pipeline.digest, ())
