"""What deployed objects are called: the key of the file, its placeholders filled in, and the type by a name's ending."""

import uuid
from datetime import UTC, datetime
from mimetypes import MimeTypes

from bot.model.object_deployment import DATETIME, UUID

_TYPES = MimeTypes(filenames=())  # the library's own table, and nothing of the machine's: the same everywhere
for _ending, _type in {
    ".avif": "image/avif",
    ".gz": "application/gzip",
    ".bz2": "application/x-bzip2",
    ".ico": "image/x-icon",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xz": "application/x-xz",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}.items():
    _TYPES.add_type(_type, _ending)
_TYPES.encodings_map.clear()  # a file that is compressed is served as that, and is not taken for what is in it
_TYPES.suffix_map.clear()

UNKNOWN = "application/octet-stream"

LONGEST_KEY = 1024
"""Bytes: S3, GCS and Azure agree (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html)."""
LONGEST_NAME = 255
"""Bytes of a file's or folder's name, on the file systems of Linux."""


class KeyRefused(Exception):
    """What a key came to is none. The text is safe to show."""


def content_type(name: str) -> str:
    return _TYPES.guess_type(f"/{name}")[0] or UNKNOWN


def filled_in(key: str, job: str, began: float) -> str:
    """Section 4.3. Both follow from the attempt, so that one which is performed again writes the same object. `began` seconds."""
    at = datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%d_%H-%M-%S")
    return key.replace(DATETIME, at).replace(UUID, str(uuid.uuid5(uuid.NAMESPACE_OID, job)))


def checked(key: str) -> str:
    """A key with its references replaced: a branch's name, say, leads nowhere else. Raises KeyRefused."""
    key = key.strip("/")
    if any(part in ("", ".", "..") for part in key.split("/")) and key:
        raise KeyRefused(f"{key} is no key: it has parts that are empty, `.` or `..`")
    if not key.isprintable():
        raise KeyRefused(f"{key!r} is no key: it has characters that cannot be printed")
    return key


def fitting(key: str, *, folder: bool) -> str:
    """The key, if what it goes to takes one of that length. Raises KeyRefused: nothing is mended by asking again."""
    if len(key.encode()) > LONGEST_KEY:
        raise KeyRefused(f"{key[:80]}… is no key: it has more than {LONGEST_KEY} bytes")
    if folder and any(len(part.encode()) > LONGEST_NAME for part in key.split("/")):
        raise KeyRefused(f"{key[:80]}… is no path: a name in it has more than {LONGEST_NAME} bytes")
    return key


def joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)
