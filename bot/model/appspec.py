"""An appspec as the deploy action uses it: parsed, validated, defaults filled in. Rule ids: appspec reference.

The file's grammar is in `bot.appspec`, which makes these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LONGEST_EVENT = 3600.0
"""Seconds that all scripts of one event may take together, and one that says nothing may take alone (HOK-2)."""


class LifecycleEvent(StrEnum):
    """What a deployment does on a target, in its order (section 5)."""

    START = "Start"
    BEFORE_BLOCK_TRAFFIC = "BeforeBlockTraffic"
    BLOCK_TRAFFIC = "BlockTraffic"
    AFTER_BLOCK_TRAFFIC = "AfterBlockTraffic"
    APPLICATION_STOP = "ApplicationStop"
    DOWNLOAD_BUNDLE = "DownloadBundle"
    BEFORE_INSTALL = "BeforeInstall"
    INSTALL = "Install"
    AFTER_INSTALL = "AfterInstall"
    APPLICATION_START = "ApplicationStart"
    VALIDATE_SERVICE = "ValidateService"
    BEFORE_ALLOW_TRAFFIC = "BeforeAllowTraffic"
    ALLOW_TRAFFIC = "AllowTraffic"
    AFTER_ALLOW_TRAFFIC = "AfterAllowTraffic"
    END = "End"


RESERVED = frozenset(
    {
        LifecycleEvent.START,
        LifecycleEvent.DOWNLOAD_BUNDLE,
        LifecycleEvent.INSTALL,
        LifecycleEvent.BLOCK_TRAFFIC,
        LifecycleEvent.ALLOW_TRAFFIC,
        LifecycleEvent.END,
    }
)
"""Those that take no scripts (APS-7)."""

HOOKS = tuple(event for event in LifecycleEvent if event not in RESERVED)


class Existing(StrEnum):
    """What becomes of a file that stands at a destination and is none of the last deployment's (INS-8)."""

    DISALLOW = "DISALLOW"
    OVERWRITE = "OVERWRITE"
    RETAIN = "RETAIN"


@dataclass(frozen=True, slots=True)
class FileCopy:
    """`source` is relative to the bundle's root, "" all of it; `destination` an absolute folder (INS-1)."""

    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class Context:
    """An SELinux context. `range` as `s0-s3:c0.c1`; "" leaves a part as it is."""

    type: str
    user: str = ""
    range: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """`object` an absolute path; `mode` octal digits, "" as copied; `types` of "file" and "directory" (section 3)."""

    object: str
    pattern: str = "**"
    exceptions: tuple[str, ...] = ()
    owner: str = ""
    group: str = ""
    mode: str = ""
    acls: tuple[str, ...] = ()
    context: Context | None = None
    types: tuple[str, ...] = ("file", "directory")


@dataclass(frozen=True, slots=True)
class Script:
    """`location` relative to the bundle's root; `timeout` seconds; `runas` "" is whoever deploys (HOK-3)."""

    location: str
    timeout: float = LONGEST_EVENT
    runas: str = ""
    sudo: bool = False


@dataclass(frozen=True, slots=True)
class Appspec:
    """`existing` None: the file says nothing, and the action decides (INS-9)."""

    os: str
    files: tuple[FileCopy, ...] = ()
    permissions: tuple[Permission, ...] = ()
    hooks: Mapping[LifecycleEvent, tuple[Script, ...]] = field(default_factory=dict)
    existing: Existing | None = None
