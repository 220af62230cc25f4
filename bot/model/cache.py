"""An entry of a build cache: which files of an earlier build there are, under which key, and for whom (section 8 of the buildspec reference)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """`scope` is the pipeline and the action, and the build of its batch, `version` the digest of the paths that are kept (CAC-6), `ref` whose build saved it.

    `key` "" is that of a cache without one (CAC-7). `artifact` is its id in the repository's space, `size` its bytes. `at` is when it was
    saved, `used` when it was last saved or restored.
    """

    scope: str
    version: str
    ref: str
    key: str
    artifact: str
    size: int
    at: float
    used: float
