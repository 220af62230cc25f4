"""An artifact's manifest in the object store, sealed with the artifact's own key, which the master key wraps. Blocking.

Both are small. What the manifest names lies in packs, and has to be there before it is written.
"""

from concurrent.futures import Future

import zstandard

from bot.artifacts import names
from bot.artifacts.errors import ArtifactDamaged, ArtifactMissing
from bot.artifacts.keys import MasterKeys, decrypt, encrypt, new_key
from bot.artifacts.manifest import Manifest, decode, encode
from bot.artifacts.objects import Objects

MANIFEST_LIMIT = 256 << 20
"""Bytes of a manifest, uncompressed: a hundred thousand files take some 20 MB."""

_LEVEL = 1
"""Of zstd: digests can't be compressed, and the rest is no smaller at a higher one."""


def write(
    objects: Objects,
    keys: MasterKeys,
    space: str,
    artifact: str,
    manifest: Manifest,
    durable: "Future[None] | None" = None,
) -> None:
    """With this the artifact is there. One of the same name is replaced in one step, since its key stays.

    `durable`: when what the manifest names is; nothing is written before.
    """
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(encode(manifest))
    if durable is not None:
        durable.result()
    key = _kept_key(objects, keys, space, artifact)
    if key is None:
        key, name = new_key(), names.key(space, artifact)
        objects.put(name, keys.wrap(key, name), durable=False)
    name = names.manifest(space, artifact)
    objects.put(name, encrypt(key, body, name), durable=False)
    objects.bring_to_disk([names.key(space, artifact), name])


def read(objects: Objects, keys: MasterKeys, space: str, artifact: str) -> Manifest:
    """Raises ArtifactMissing, ArtifactDamaged, StorageUnavailable."""
    name = names.manifest(space, artifact)
    sealed, wrapped = objects.get(name), objects.get(names.key(space, artifact))
    if sealed is None or wrapped is None:
        raise ArtifactMissing(f"there is no artifact {artifact}")
    body = decrypt(keys.unwrap(bytes(wrapped), names.key(space, artifact)), sealed, name)
    try:
        return decode(zstandard.ZstdDecompressor().decompress(body, max_output_size=MANIFEST_LIMIT))
    except zstandard.ZstdError as error:
        raise ArtifactDamaged(f"{name} can't be decompressed") from error


def is_there(objects: Objects, space: str, artifact: str) -> bool:
    """Whether it was ever finished."""
    return objects.has(names.manifest(space, artifact))


def _kept_key(objects: Objects, keys: MasterKeys, space: str, artifact: str) -> bytes | None:
    name = names.key(space, artifact)
    wrapped = objects.get(name)
    try:
        return None if wrapped is None else keys.unwrap(bytes(wrapped), name)
    except ArtifactDamaged:
        return None  # of a power cut, or of a master key that was lost: what it opened is replaced anyway
