"""What a key that nobody knows was probably meant to be: a near miss, another system's word, or a key of another place."""

from difflib import get_close_matches
from functools import cache

from pydantic import BaseModel

from bot.definition.document import quoted
from bot.definition.grammar.action import Action
from bot.definition.grammar.approve import Approve
from bot.definition.grammar.condition import EntryCondition, FailureCondition, Rule, SuccessCondition
from bot.definition.grammar.pipeline import Checkout, Pipeline
from bot.definition.grammar.stage import Stage
from bot.definition.grammar.triggers import PullRequest, Push, Triggers

_LONGEST_KEY = 60  # Comparing takes time that grows with the length, and no key of ours is longer.

_ELSEWHERE = {
    "jobs": "stages",
    "steps": "actions",
    "tasks": "actions",
    "script": "run",
    "command": "run",
    "commands": "run",
    "on": "triggers",
    "when": "before_entry",
    "environment_variables": "env",
    "timeout_in_minutes": "timeout",
    "artifacts": "outputs",
    "execution_mode": "mode",
    "file_paths": "paths",
    "includes": "include",
    "excludes": "exclude",
}
"""Words that other systems have for the same thing."""

_PLACES: dict[str, tuple[type[BaseModel], ...]] = {
    "the pipeline": (Pipeline,),
    "`triggers`": (Triggers,),
    "a push filter": (Push,),
    "a pull request filter": (PullRequest,),
    "a stage": (Stage,),
    "an action": (Action,),
    "`approve`": (Approve,),
    "a condition": (EntryCondition, SuccessCondition, FailureCondition),
    "a rule": (Rule,),
    "`checkout`": (Checkout,),
}


@cache
def keys(noun: type[BaseModel]) -> tuple[str, ...]:
    return tuple(info.alias or name for name, info in noun.model_fields.items())


def closest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that this one is a slip of, if any."""
    if len(word) > _LONGEST_KEY:
        return None
    exact = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), exact, n=1, cutoff=0.65)
    return exact[match[0]] if match else None


def did_you_mean(word: object) -> str:
    return f"Did you mean {quoted(word)}?"


def remedy_for_key(key: str, noun: type[BaseModel]) -> str:
    """What to do about a key that this noun does not have."""
    known = keys(noun)
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in key[:_LONGEST_KEY]).replace("-", "_")
    meant = closest(snake, known) or _ELSEWHERE.get(snake)
    if key == "<<":
        return "YAML 1.2 has no merge keys: repeat the keys, or let an alias stand for a whole value."
    if meant in known:
        return did_you_mean(meant)
    ours = any(noun in nouns for nouns in _PLACES.values())
    for place, nouns in _PLACES.items() if ours else ():
        if noun not in nouns and any((meant or snake) in keys(other) for other in nouns):
            return f"{quoted(meant or snake)} belongs in {place}."
    return f"Known here: {', '.join(known)}."


def remedy_for_value(value: object, expected: tuple[str, ...]) -> str:
    """Which of the allowed words was probably meant."""
    meant = closest(value, expected) if isinstance(value, str) else None
    if meant:
        return did_you_mean(meant)
    return f"Write {' or '.join(quoted(word) for word in expected)}."
