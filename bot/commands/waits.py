"""Which deployment is let go on: the one that waits."""

from collections.abc import Sequence
from dataclasses import replace

from bot.commands.addressed import Addressed, Live
from bot.commands.command import Continue, Place
from bot.commands.places import choices, find_place, meant, unknown_stage
from bot.core.letting_go import awaits_merge, waiting_in
from bot.core.merges import awaited_in
from bot.core.refusal import Refusal, RefusalReason


def of_a_wait(command: Continue, live: Sequence[Live]) -> tuple[Addressed, ...] | Refusal:
    known = [place for one in live for place in one.actions()]
    place = find_place(command.place, known)
    if place is None:
        return unknown_stage(str(command.place), known) if known else Refusal(RefusalReason.NOTHING_TO_CONTINUE)
    waiting = [
        (one, Place(one.pipeline.name, one.execution.current.name, run.name))
        for one in live
        for run, _ in waiting_in(one.execution)
    ]
    fitting = [(one, there) for one, there in waiting if meant(place, there)]
    if len(fitting) > 1:
        details = {"choices": choices([there for _, there in fitting])}
        return Refusal(RefusalReason.SEVERAL_TO_CONTINUE, details)
    if fitting:
        [(one, there)] = fitting
        return (Addressed(replace(command, place=there), one.pipeline.name, one.execution),)
    for one in live:
        for run, _, merge in awaited_in(one.execution):
            if meant(place, Place(one.pipeline.name, one.execution.current.name, run.name)):
                return awaits_merge(one.execution.current.name, run.name, merge)
    if waiting:
        details = {"stage": str(place), "waiting": choices([there for _, there in waiting])}
        return Refusal(RefusalReason.NOTHING_TO_CONTINUE_THERE, details)
    return Refusal(RefusalReason.NOTHING_TO_CONTINUE)
