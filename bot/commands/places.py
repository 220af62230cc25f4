"""Telling the place that an answer names from the words behind it: only the pipelines at hand can tell."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from bot.commands.command import APPROVAL_WORDS, Approve, Place, Reject
from bot.commands.near import nearest
from bot.core.refusal import Refusal, RefusalReason

A = TypeVar("A", bound=Approve | Reject)


def resolve_stage(command: A, known: Sequence[Place]) -> A | Refusal:
    """The command with its place and its words apart. `known` has every action of every pipeline that may be meant.

    A first word that is no place is the reason's, unless it all but names one: `/approve prodution` must not approve
    whatever else waits, with "prodution" for a reason.
    """
    first, _, rest = command.words.partition(" ")
    place = Place.parse(first)
    if place is not None:
        found = find_place(place, known)
        if found is not None:
            return replace(command, place=found, words=rest.strip()[:APPROVAL_WORDS])
        if _nearly(place, known):
            return unknown_stage(first, known)
    return replace(command, words=command.words[:APPROVAL_WORDS])


def unknown_stage(word: str, known: Sequence[Place]) -> Refusal:
    names = dict.fromkeys(place.stage for place in known)
    return Refusal(RefusalReason.UNKNOWN_STAGE, {"stage": word, "known": ", ".join(names)})


def choices(places: Sequence[Place]) -> str:
    """What could be typed: the pipeline only where it makes a difference."""
    several = len({place.pipeline for place in places}) > 1
    shown = places if several else [replace(place, pipeline="") for place in places]
    return ", ".join(dict.fromkeys(map(str, shown)))


def meant(place: Place, candidate: Place) -> bool:
    """Whether the candidate fits what was named; what was not named fits anything."""
    return (
        place.pipeline in ("", candidate.pipeline)
        and place.stage in ("", candidate.stage)
        and place.action in ("", candidate.action)
    )


def find_place(place: Place, known: Sequence[Place]) -> Place | None:
    """The place as it is really spelled: phones write the first letter large."""
    for candidate in known:
        if meant(place, candidate):
            return place
    for candidate in known:
        if meant(_folded(place), _folded(candidate)):
            return Place(
                candidate.pipeline if place.pipeline else "",
                candidate.stage if place.stage else "",
                candidate.action if place.action else "",
            )
    return None


def _folded(place: Place) -> Place:
    return Place(place.pipeline.lower(), place.stage.lower(), place.action.lower())


def _nearly(place: Place, known: Sequence[Place]) -> bool:
    """One part is right (`production/` and an unknown action), or the stage is mistyped."""
    stages = {candidate.stage for candidate in known}
    if place.pipeline and any(place.pipeline == candidate.pipeline for candidate in known):
        return True
    if place.action and place.stage in stages:
        return True
    return bool(nearest(place.stage, stages))
