"""An image source: a tag of a registry that the settings name. The manifest's digest is its revision, and its artifact describes it (SRC-4).

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from bot.actions.source.kind import Asker, Fetched
from bot.actions.source.registry_access import Login, RegistryAnswered
from bot.model.source import ImageSource, SourceRevision
from bot.ports import HostUnavailable, SourceRefused, SourceUnavailable

FILE = "imageDetail.json"
"""As AWS names and fills it: https://docs.aws.amazon.com/codepipeline/latest/userguide/file-reference.html."""

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
LARGEST = 4 << 20
"""Bytes of a manifest: "a limit on manifests of at least 4 megabytes" is what registries must take, and none takes more."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Registry:
    """An address without credentials, and the login for it."""

    url: str
    login: Login = field(repr=False)

    @classmethod
    def of(cls, address: str) -> "Registry":
        """`https://user:password@registry.example.org?auth=https://auth.example.org`: `auth` where tokens come from elsewhere."""
        parts = urlsplit(address)
        netloc = parts.netloc.rpartition("@")[2]
        url = f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}"
        elsewhere = dict(parse_qsl(parts.query)).get("auth", "")
        return cls(url, Login(url, parts.username or "", parts.password or "", elsewhere))

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


class ImageKind:
    """`registries` are addresses by the names that files use; the first where a file names none. `close` ends its connections."""

    def __init__(self, registries: Mapping[str, str], *, tls: Any = True, timeout: float = 30.0) -> None:
        self._registries = {name: Registry.of(address) for name, address in registries.items()}
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def newest(self, source: ImageSource, asker: Asker) -> SourceRevision:  # noqa: ARG002  a registry is open to all
        registry = self._registry(source)
        return _revision(source, registry, (await self._manifest(source, registry, source.tag))[0])

    async def fetch(self, source: ImageSource, asker: Asker, revision: str, into: Path) -> Fetched:  # noqa: ARG002  as above
        if revision and not _DIGEST.fullmatch(revision):
            raise SourceUnavailable(f"{revision} is no digest of an image")
        registry = self._registry(source)
        digest, manifest = await self._manifest(source, registry, revision or source.tag)
        uri = f"{registry.host}/{source.repository}@{digest}"
        detail = {
            "ImageSizeInBytes": _size(manifest),
            "ImageDigest": digest,
            "Version": "1.0",
            "RegistryId": registry.host,
            "RepositoryName": source.repository,
            "ImageURI": uri,
            "ImageTags": [source.tag],
        }
        await asyncio.to_thread(_write, into, detail)
        variables = {
            "RegistryId": registry.host,
            "RepositoryName": source.repository,
            "ImageTag": source.tag,
            "ImageDigest": digest,
            "ImageURI": uri,
        }
        return Fetched(_revision(source, registry, digest), variables)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _registry(self, source: ImageSource) -> Registry:
        if source.registry and source.registry not in self._registries:
            known = ", ".join(self._registries) or "none"
            raise SourceRefused(f"the bot has no registry {source.registry} (it has {known}); {_REMEDY}")
        found = self._registries.get(source.registry) or next(iter(self._registries.values()), None)
        if found is None:
            raise SourceRefused(f"the bot has no registry; {_REMEDY}")
        return found

    async def _manifest(self, source: ImageSource, registry: Registry, reference: str) -> tuple[str, bytes]:
        """Its digest, which is the hash of the very bytes that came, and these."""
        url = f"{registry.url}/v2/{source.repository}/manifests/{reference}"
        headers = {"Accept": ", ".join(MANIFESTS)}
        try:
            status, body = await registry.login.get(self._connected(), url, headers, LARGEST, source.repository)
        except RegistryAnswered as error:
            raise SourceRefused(f"{source} can't be read: {error}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise HostUnavailable(
                f"The registry {registry.host} does not answer ({type(error).__name__})", host=registry.host
            ) from None
        if status == 404:  # noqa: PLR2004  the standard's number
            raise SourceUnavailable(f"the registry {registry.host} has no image {source.repository}:{reference}")
        if status in (401, 403):
            raise SourceRefused(f"the registry {registry.host} does not let the bot read {source.repository}")
        if status != 200:  # noqa: PLR2004  as above
            raise HostUnavailable(f"The registry {registry.host} answered {status}", host=registry.host)
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        if _DIGEST.fullmatch(reference) and digest != reference:
            raise HostUnavailable(f"The registry {registry.host} answered with another manifest than was asked for")
        return digest, body

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._tls)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, trust_env=False)
        return self._session


_REMEDY = "whoever operates it can name one: PENSTOCK_SOURCE_REGISTRIES"


def _revision(source: ImageSource, registry: Registry, digest: str) -> SourceRevision:
    return SourceRevision(digest, str(source), f"{registry.host}/{source.repository}:{source.tag}")


def _size(manifest: bytes) -> str:
    """Of its configuration and layers; "" for an index, whose images differ."""
    try:
        read = json.loads(manifest)
        parts = [read["config"], *read["layers"]]
        return str(sum(int(part["size"]) for part in parts))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _write(into: Path, detail: Mapping[str, object]) -> None:
    into.mkdir(parents=True)
    (into / FILE).write_text(json.dumps(detail, indent=2) + "\n")
