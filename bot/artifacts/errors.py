"""What can be wrong with an artifact, in kinds. The texts are safe to show: they name paths and objects, never keys."""

from bot.ports import ArtifactError


class PathRefused(ArtifactError):
    """A path that would lead out of the folder, or a thing that is no file, folder or link (a device, say)."""


class NothingMatched(ArtifactError):
    """No file matches the patterns of a declared output (C9, ARF-10)."""


class TooMuch(ArtifactError):
    """More files and folders, or longer paths, than an artifact may have."""

    def __init__(self, entries: int, names: int) -> None:
        super().__init__(
            f"it has more than {entries:,} files and folders, or {names // 10**6} MB of paths: choose fewer, make one archive of them first, "
            "or have whoever operates the bot raise PENSTOCK_ARTIFACT_ENTRIES"
        )


class ArtifactMissing(ArtifactError):
    """There is no such artifact: never finished, or removed since."""


class ArtifactDamaged(ArtifactError):
    """What is stored is not what was stored: a flipped bit, a lost object, somebody else's data."""


class RegionUnknown(ArtifactError):
    """No store is known for the region that an action names."""
