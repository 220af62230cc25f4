"""An appspec's text to the model, or everything that is wrong with it (APS-5), with what was passed over."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.appspec.grammar import Appspec
from bot.definition.document import Document, Finding, List, Map, quoted
from bot.definition.foreign import read_foreign
from bot.definition.syntax import read_documents
from bot.model import appspec as model
from bot.model.problem import Problem

NAMES = ("appspec.yaml", "appspec.yml")
"""Where a bundle has it, looked for in this order (APS-1)."""

_EMPTY = "This is no appspec: it has no keys.", "Begin with `version: 0.0` and `os: linux`."


@dataclass(frozen=True, slots=True)
class Reading:
    """`appspec` is None when there are problems. `warnings` are sentences."""

    appspec: model.Appspec | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def is_appspec(data: bytes) -> bool:
    """Whether a file means to be one, and neither a buildspec nor a pipeline file, however well it does."""
    documents, _ = read_documents(data)
    root = documents[0].root if documents else None
    known = {"os", "hooks", "permissions", "Resources", "Hooks"}
    return isinstance(root, Map) and bool(known & root.keys()) and not {"phases", "stages"} & root.keys()


def read_appspec(data: bytes, file: str = "appspec.yml") -> Reading:
    """`file` is how the problems name it."""
    read = read_foreign(data, file, _EMPTY, lambda _: Appspec, _of_another_platform)
    if read.part is None:
        return Reading(None, read.problems)
    assert isinstance(read.part, Appspec)  # noqa: S101  the one noun there is
    return Reading(read.part.to_model(), (), read.warnings)


def _of_another_platform(document: Document) -> Iterator[Finding]:
    """Section 14: Lambda's and ECS's appspecs have `Resources`. Windows' have paths that mean nothing on the targets that there are (APS-4)."""
    root = document.root
    if isinstance(root, Map) and root.get("os") == "windows":
        reason = "This is an appspec for Windows, and targets here run Linux (APS-4)."
        yield Finding(("os",), reason, "Write one with `os: linux`, or run your own tool with `run`.")
        return
    if not isinstance(root, Map) or "Resources" not in root or "os" in root:
        return
    platform = next((name for type_, name in _PLATFORMS.items() if type_ in _types(root["Resources"])), "AWS")
    reason = f"This is an appspec for {platform}, which is deployed to by AWS alone: deployments here are to servers."
    remedy = f"Write one with `os: linux`, {quoted('files')} and {quoted('hooks')}, or run your own tool with `run`."
    yield Finding(("Resources",), reason, remedy, on_key=True)


_PLATFORMS = {"AWS::Lambda::Function": "Lambda", "AWS::ECS::Service": "ECS"}


def _types(resources: object) -> Iterator[object]:
    for entry in resources if isinstance(resources, List) else ():
        for resource in entry.values() if isinstance(entry, Map) else ():
            if isinstance(resource, Map):
                yield resource.get("Type")
