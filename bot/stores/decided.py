"""What of a decision is to be kept, whichever store keeps it. How it is written, as rows or in memory, is not here."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.core.effects import Effect, due
from bot.core.events import DefinitionChanged, Event, RollbackRequested, StartRequested
from bot.model.execution import Execution
from bot.model.host_event import CommentRef, ThreadKind
from bot.model.pipeline import Pipeline
from bot.ports import Commit, OutboxEntry


def touched(commit: Commit) -> Iterator[tuple[Execution, bool]]:
    """The executions to write, and whether each is live."""
    before = commit.before.executions
    after = commit.after.executions
    for execution in after.values():
        if before.get(execution.id) is not execution:
            yield execution, True
    for execution in commit.retired:
        yield execution, False
    gone = before.keys() - after.keys() - {execution.id for execution in commit.retired}
    for name in gone:  # what is no longer in the state must not come back at the next load, whoever forgot to retire it
        yield before[name], False


def entries(effects: Sequence[Effect], lane: str) -> list[OutboxEntry]:
    """The effects as they are ordered now, the last of each key."""
    newest = {effect.key: effect for effect in effects}
    # A stamp need only differ from every other of its key, also from those before a restart.
    return [OutboxEntry(key, effect, lane, due(effect), 0, random.getrandbits(62)) for key, effect in newest.items()]


def definition_of(event: Event) -> Pipeline | None:
    """The pipeline that an event brings with it, None for most of them."""
    return event.pipeline if isinstance(event, StartRequested | RollbackRequested | DefinitionChanged) else None


def without_definition(event: Event) -> Event:
    """The event as it goes into history: it names its pipeline by digest, since definitions are kept once."""
    pipeline = definition_of(event)
    return event if pipeline is None else with_definition(event, Pipeline(pipeline.name, (), pipeline.digest))


def with_definition(event: Event, pipeline: Pipeline) -> Event:
    return (
        replace(event, pipeline=pipeline)
        if isinstance(event, StartRequested | RollbackRequested | DefinitionChanged)
        else event
    )


def name_of(comment: CommentRef) -> str:
    """What a comment with commands is kept as. Hosts number comments on commits and on pull requests apart, some of them anew in each repository."""
    thread = comment.thread
    return f"{comment.repository.id}/{thread.kind.value}/{thread.name}/{comment.id}"


def thread_of(comment: CommentRef) -> str:
    """What a comment is about: a pull request, as its ref, or a commit."""
    thread = comment.thread
    return f"pull/{thread.name}" if thread.kind is ThreadKind.PULL_REQUEST else thread.name
