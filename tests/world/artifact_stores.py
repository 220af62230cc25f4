"""The artifact stores of a world: at home a folder, and one for each further region."""

from collections.abc import Sequence
from pathlib import Path

from bot.artifacts.keys import MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.regions import Regions
from bot.artifacts.store import ArtifactStore


def regional_stores(folder: Path, regions: Sequence[str] = ()) -> Regions:
    """`artifacts` is home; a region's folder is called `artifacts-` and its name."""
    keys = MasterKeys([bytes(32)])
    home = ArtifactStore(Objects((folder / "artifacts").as_uri()), keys)
    further = {name: ArtifactStore(Objects((folder / f"artifacts-{name}").as_uri()), keys, home) for name in regions}
    return Regions(home, further)
