"""The import table of bot/README.md is true: dependencies point inward, and the core is pure."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

IMPURE = {
    "aiohttp",
    "asyncio",
    "datetime",
    "github",
    "os",
    "pathlib",
    "random",
    "socket",
    "sqlalchemy",
    "subprocess",
    "threading",
    "time",
    "uuid",
}


def table() -> dict[str, set[str]]:
    """Room to the rooms that it may import, as bot/README.md says."""
    section = (ROOT / "bot/README.md").read_text().partition("## Imports point inward\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| (.*) \|$", section, re.MULTILINE)
    return {room: set(re.findall(r"`([\w.]+)`", allowed)) | {room} for room, allowed in rows}


def rooms() -> Iterator[tuple[str, Path]]:
    for path in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("providers/**/*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] == "providers":
            if len(parts) > 2 or parts[1] != "__init__":
                yield f"providers.{parts[1]}", path
        elif parts[1] == "composition":
            if parts[2] != "__init__":
                yield f"composition.{parts[2]}", path
        elif len(parts) > 2 or parts[1] not in ("__init__", "__main__"):
            yield parts[1], path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "providers":
        return ".".join(parts[:2])
    if parts[:2] == ["bot", "composition"]:
        return ".".join(parts[1:3])
    return parts[1] if parts[0] == "bot" and len(parts) > 1 else None


def test_every_room_is_in_the_table() -> None:
    assert {room for room, _ in rooms()} == set(table())


@pytest.mark.parametrize("room", sorted({room for room, _ in rooms()}))
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    allowed = table()[room]
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for here, path in rooms()
        if here == room
        for module in imported(path)
        if (target := room_of(module)) is not None and target not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["model", "core"])
def test_the_heart_knows_no_clock_network_database_or_file(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for here, path in rooms()
        if here == room
        for module in imported(path)
        if module.split(".")[0] in IMPURE
    ]
    assert not wrong, "\n".join(wrong)


def test_every_file_says_what_belongs_in_it() -> None:
    silent = [str(path.relative_to(ROOT)) for _, path in rooms() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent
