"""The settings of how large what actions hand on may be: artifacts, and archives that are sources.

Limits that nobody who means well meets are constants beside what they bound: of reports, which never fail a build (`results/read`), and of what an archive
may say of one file (`actions/source/unpacking`).
"""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

MOST_ENTRIES = 1_000_000
"""Beyond, an artifact's list of what it has would be larger than one that is read."""


class SizeSettings(BaseSettings):
    """A part of `ReachSettings`, since whoever runs a working tree meets these limits, too."""

    artifact_entries: Annotated[int, Field(ge=1000, le=MOST_ENTRIES)] = 500_000
    source_archive_files: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = 100_000
    source_archive_size: Annotated[int, Field(ge=1 << 20)] = 7 << 30
