"""What is said where no pipeline file was found in a folder: what lies in the place of one, if anything does."""

from pathlib import Path

from bot.definition import PIPELINE_PATHS


def in_place_of_one(root: Path) -> str:
    """A sentence that names the remedy; "" where nothing at all lies where pipeline files are looked for."""
    for name in PIPELINE_PATHS:
        said = _said_of_folder(root, name) if name.endswith("/") else _said_of_file(root, name)
        if said:
            return f"There is no pipeline file in {root}: {said}"
    return ""


def _said_of_file(root: Path, name: str) -> str:
    place = root / name
    if place.is_symlink():
        where = "" if place.exists() else " that leads nowhere"
        return f"{name} is a link{where}: at a push no link is followed. Write the file itself in its place."
    if place.is_dir():
        return f"{name} is a folder. Make it a file; several files go into the folder .pipelines."
    return f"{name} is no ordinary file. Write one in its place." if place.exists() and not place.is_file() else ""


def _said_of_folder(root: Path, name: str) -> str:
    place = root / name.rstrip("/")
    if place.is_symlink():
        return f"{place.name} is a link: at a push no link is followed. Make it the folder itself."
    if place.is_file():
        return f"{place.name} is a file. A single pipeline file is called .pipeline.yml; {place.name} is a folder of several."
    return f"no file in {place.name} ends in .yml, .yaml or .json." if place.is_dir() else ""
