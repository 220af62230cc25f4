"""A buildspec as the build action uses it: parsed, validated, defaults filled in. Rule ids: buildspec reference.

The file's grammar is in `bot.buildspec`, which makes these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

PHASES = ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD")
"""The phases that a buildspec may fill, in their order (GRM-2)."""

RETRIES = 3
"""How often `RETRY` without a number has the build done again (section 5)."""


class OnFailure(StrEnum):
    """What a failed phase leads to; DEFAULT are the transitions of section 6."""

    DEFAULT = "default"
    ABORT = "abort"
    CONTINUE = "continue"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """`retries` builds more at most, if `pattern` is found in the failure's message ("": whatever it says)."""

    kind: OnFailure = OnFailure.DEFAULT
    retries: int = 0
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """`commands` one after another, then `last` (the file's `finally`), whether those failed or not (PHS-4). `run_as` "": the file's."""

    name: str
    commands: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    on_failure: FailurePolicy = FailurePolicy()
    run_as: str = ""
    runtimes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecretReference:
    """What an entry of `secrets-manager` names (ENV-5). `key` picks a member of a JSON text, "" takes the whole."""

    secret: str
    key: str = ""
    stage: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """The `env` block. `parameters` and `secrets` say which variable gets which stored value; `shell` "" is the machine's sh."""

    shell: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretReference] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    git_credentials: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactFiles:
    """Which files become one artifact. `base` may be a glob of folders, "" is the source's root (ARF-2)."""

    files: tuple[str, ...]
    name: str = ""
    base: str = ""
    flat: bool = False
    exclude: tuple[str, ...] = ()
    keep_links: bool = False
    s3_prefix: str = ""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """A report group: which files, and how they are to be read (REP-2, REP-3)."""

    group: str
    files: tuple[str, ...]
    format: str = "JUNITXML"
    base: str = ""
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Cache:
    """What is kept from one build for the next. `action` "" restores and saves (CAC-5)."""

    paths: tuple[str, ...]
    key: str = ""
    fallback_keys: tuple[str, ...] = ()
    action: Literal["", "restore", "save"] = ""


@dataclass(frozen=True, slots=True)
class BatchBuild:
    """One build of a batch (section 10). `buildspec` "": the file itself. `label` tells it from the others, where its identifier does
    not. `passed_over` are the keys that choose a machine for it.
    """

    identifier: str
    buildspec: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    ignore_failure: bool = False
    depends_on: tuple[str, ...] = ()
    label: str = ""
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """The builds of a batch, a matrix and a fan-out unfolded. `shards`: the builds are one fan-out's, and share its tests."""

    builds: tuple[BatchBuild, ...]
    fast_fail: bool = False
    shards: bool = False


@dataclass(frozen=True, slots=True)
class Buildspec:
    """One buildspec. `phases` are all four, filled or not (PHS-1). `one_shell`: commands share a shell (PHS-2)."""

    version: str
    phases: tuple[Phase, ...]
    env: Environment = Environment()
    run_as: str = ""
    artifacts: ArtifactFiles | None = None
    secondary: Mapping[str, ArtifactFiles] = field(default_factory=dict)
    cache: Cache | None = None
    reports: tuple[ReportFiles, ...] = ()
    batch: Batch | None = None

    @property
    def one_shell(self) -> bool:
        return self.version != "0.1"

    @property
    def retries(self) -> int:
        """How many builds more there may be at most."""
        return max((phase.on_failure.retries for phase in self.phases), default=0)
