"""What the runtime asks of the artifact store. Packs and keys are the business of `bot/artifacts`."""

from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from typing import Protocol

from bot.model.artifact import Artifact
from bot.ports.room import NoSpace


class ArtifactError(Exception):
    """An artifact could not be packed or unpacked, for a reason that trying again does not mend. The text is safe to show."""


class StorageUnavailable(Exception):
    """The artifacts' storage did not take or give something (full, unreachable, not allowed). Trying again may help."""


class StorageFull(StorageUnavailable, NoSpace):
    """There is no room left for artifacts."""

    def __init__(self) -> None:
        NoSpace.__init__(self, "the artifacts")


class RegionalArtifacts(Protocol):
    """Folders, kept whole and never changed, as an action of one region has them (ART-7). A `space` shares content: one a repository."""

    async def pack(
        self,
        space: str,
        artifact: str,
        root: Path,
        patterns: Sequence[str] = ...,
        *,
        series: str = "",
        only: Collection[str] | None = None,
    ) -> Artifact:
        """Keep what the patterns choose below `root`; of that these paths `only`, where any are given, and the folders that lead to them.

        Of a `series` much is the same from one to the next.

        When it returns it is durable, in the region and at home. Done again under the same id (after a crash, say) it
        replaces what the first try made. Raises ArtifactError, StorageUnavailable.
        """

    async def unpack(self, space: str, artifact: str, root: Path) -> None:
        """Make the folder `root`, which must not exist, as it was packed. Raises ArtifactError, StorageUnavailable."""

    async def remove(self, space: str, artifacts: Sequence[str]) -> None:
        """Forget artifacts here; unknown ones are no error. Of `Artifacts` itself: in every region. Raises StorageUnavailable."""


class Artifacts(RegionalArtifacts, Protocol):
    """The artifacts of the home region, and the way to other regions'. What is in another is at home, too."""

    def in_region(self, region: str) -> RegionalArtifacts:
        """As an action there has them; "" is the home region. Raises ArtifactError for one that has no store."""

    def tar(self, space: str, artifact: str) -> AsyncIterator[bytes]:
        """The artifact as a tar file, compressed with gzip. Raises ArtifactError, StorageUnavailable."""

    async def held(self, space: str) -> set[str]:
        """The ids of the artifacts of which there is anything, in any region, unfinished ones among them. Raises StorageUnavailable."""

    async def collect(self, space: str) -> int:
        """Free what no artifact of the space needs any more, in every region; how many objects went."""


# --- Running actions -------------------------------------------------------------------------------------------------
