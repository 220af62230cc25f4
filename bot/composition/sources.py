"""What further sources are made of: their kinds with what the settings allow, and the action that fetches them."""

import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from bot.actions.source.access import ReadAccess
from bot.actions.source.action import SourceAction
from bot.actions.source.git import GitKind
from bot.actions.source.image import ImageKind
from bot.actions.source.newest import Newest
from bot.actions.source.object import ObjectKind
from bot.actions.source.unpacking import ArchiveLimits
from bot.ports import Artifacts, Clock, Provider, Sources
from bot.settings import Settings
from bot.sources.access import Neighbour


def further_sources(
    settings: Settings, providers: Mapping[str, Provider], sources: Sources, stack: AsyncExitStack
) -> Newest:
    access = ReadAccess(providers, settings.source_repositories)
    buckets = {name: url.get_secret_value() for name, url in settings.source_buckets.items()}
    registries = {name: url.get_secret_value() for name, url in settings.source_registries.items()}
    images = ImageKind(registries, tls=ssl.create_default_context(cafile=settings.ca_bundle))
    stack.push_async_callback(images.close)
    limits = ArchiveLimits(settings.source_archive_size, settings.source_archive_files)
    return Newest(GitKind(providers, sources, access), {"s3": ObjectKind(buckets, limits), "image": images})


def neighbour(settings: Settings, providers: Mapping[str, Provider]) -> Neighbour:
    """What submodules and large files may be read with the credentials of the repository that names them."""
    return ReadAccess(providers, settings.source_repositories).beside


def source_action(
    further: Newest, sources: Sources, artifacts: Artifacts, clock: Clock, work_dir: Path, timeout: float
) -> SourceAction:
    return SourceAction(further.kinds, sources, artifacts, clock, work_dir, timeout)
