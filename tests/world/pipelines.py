"""Pipeline files written in one line: `build: unit+lint > package -> prod: go-live! > roll-out`.

Stages are separated by `->`, groups of one run order by `>`, actions beside each other by `+`; `!` makes an approval. A stage
without `name:` is called like its first action. What an action runs is its own name. A text of several lines is a file as it is.
"""

from typing import Any

import yaml


def pipeline_file(text: str, *, approve: dict[str, Any] | None = None, **keys: Any) -> str:
    """`approve` configures every approval; further keys go to the top of the file."""
    if "\n" in text:
        return text
    stages = [_stage(part.strip(), approve or {}) for part in text.split("->")]
    return str(yaml.safe_dump({**keys, "stages": stages}, sort_keys=False))


def _stage(text: str, approve: dict[str, Any]) -> dict[str, Any]:
    name, colon, groups = text.partition(":")
    actions = [
        _action(word.strip(), order, approve)
        for order, group in enumerate((groups if colon else text).split(">"), 1)
        for word in group.split("+")
    ]
    return {"name": name.strip() if colon else actions[0]["name"], "actions": actions}


def _action(word: str, order: int, approve: dict[str, Any]) -> dict[str, Any]:
    name = word.removesuffix("!")
    work: dict[str, Any] = {"run": name} if name == word else {"approve": dict(approve)}
    return {"name": name, "run_order": order, **work}
