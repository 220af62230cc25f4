"""Where in the object store what lies. All names are made here.

<space>/secrets                     the space's secrets, wrapped
<space>/packs/<ab>/<id>             content
<space>/artifacts/<id>/key          the artifact's key, wrapped
<space>/artifacts/<id>/manifest     written last: an artifact without one was never finished
<space>/latest/<series>             the id of the newest artifact of a series
probe-<random>                      written to see whether it can be, and gone again
"""

import hashlib
import os


def secrets(space: str) -> str:
    return f"{space}/secrets"


def packs(space: str) -> str:
    return f"{space}/packs"


def pack(space: str, identity: str) -> str:
    return f"{space}/packs/{identity[:2]}/{identity}"


def artifacts(space: str) -> str:
    return f"{space}/artifacts"


def key(space: str, artifact: str) -> str:
    return f"{space}/artifacts/{artifact}/key"


def manifest(space: str, artifact: str) -> str:
    return f"{space}/artifacts/{artifact}/manifest"


def latest(space: str, series: str) -> str:
    return f"{space}/latest/{hashlib.sha256(series.encode()).hexdigest()[:32]}"


def artifact_of(name: str) -> str:
    """The artifact that an object below `artifacts` belongs to."""
    return name.rsplit("/", 2)[1]


def probe() -> str:
    return f"probe-{os.urandom(8).hex()}"
