"""The texts inside a part of a definition, however deep. What is looked for in them is another's affair."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass


def texts_in(value: object) -> Iterator[str]:
    """Every text in it; names of keys are none (VAR-2)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from texts_in(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name))
