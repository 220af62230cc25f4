"""A deployment to object storage: the artifact brought here, what has changed of it written, what is gone deleted.

Performed again after a crash it does no harm: names follow from the attempt, what is there already is not written again, and
what a former life may have written is remembered before it is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.deploying import Attempt, Refusal
from bot.actions.deploying.objects.bucket import BucketRefused
from bot.actions.deploying.objects.differences import begun, differences
from bot.actions.deploying.objects.files import FilesRefused, digest, listed, zipped
from bot.actions.deploying.objects.naming import KeyRefused, checked, filled_in, fitting, joined
from bot.actions.deploying.objects.places import Place, PlaceRefused, Places
from bot.actions.deploying.objects.writing import Writing, headers_for
from bot.actions.deploying.revision import Revisions
from bot.core.variables import resolver, substitute
from bot.locks import Locks
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.object_deployment import DATETIME, UUID, ObjectDeploy, WrittenObject, WrittenObjects
from bot.ports import ActionOutcome, HostUnavailable, Store

_NOTE = "began"
_SHOWN = 20
"""Files named in the log of those that are left out."""


@dataclass(frozen=True, slots=True)
class _Deployment:
    """One attempt: what the file asks for with its references replaced. `key` is below the place's bucket."""

    attempt: Attempt
    work: ObjectDeploy
    place: Place
    key: str
    root: Path

    @property
    def url(self) -> str:
        return joined(self.place.bucket.url, self.key)

    @property
    def destination(self) -> str:
        context = self.attempt.context
        lane, action = context.execution.lane, f"{context.stage.name}/{context.action.name}"
        return f"{lane.repository.provider}:{lane.repository.id}:{lane.pipeline}:{action}:{self.url}"

    def succeeded(self, summary: str, **more: str) -> ActionOutcome:
        self.attempt.line(f"{summary}.")
        outputs = {"Location": self.url, "ObjectKey": self.url.partition("://")[2].partition("/")[2], **more}
        return ActionOutcome(ActionStatus.SUCCEEDED, self.attempt.began, summary, outputs=outputs)


class ObjectDeployments:
    """`timeout` seconds for actions that set none. `forgetful`: the store knows of no deployment before this process's, to delete by."""

    refusals: Mapping[type[Exception], Refusal] = {
        PlaceRefused: Refusal(ErrorCode.PERMISSION),
        BucketRefused: Refusal(ErrorCode.PERMISSION),
        KeyRefused: Refusal(ErrorCode.CONFIGURATION),
        FilesRefused: Refusal(ErrorCode.CONFIGURATION),
    }

    def __init__(
        self, places: Places, revisions: Revisions, store: Store, timeout: float, *, forgetful: bool = False
    ) -> None:
        self._places = places
        self._revisions = revisions
        self._store = store
        self._timeout = timeout
        self._forgetful = forgetful
        self._locks: Locks[str] = Locks()

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        limit = attempt.context.action.timeout or self._timeout
        try:
            async with asyncio.timeout(limit):
                return await self._deploy(attempt)
        except TimeoutError:
            late = f"not deployed within its timeout of {limit:g} s"
            attempt.line(f"{late[0].upper()}{late[1:]}.")
            return ActionOutcome(ActionStatus.FAILED, attempt.began, late, ErrorCode.TIMEOUT)
        except HostUnavailable as error:
            # A store tells of much in one way, what never passes included.
            if attempt.began - await asyncio.to_thread(_noted, self._folder(attempt), attempt.began) < limit:
                raise
            late = f"{error}, and did not within the timeout of {limit:g} s"
            return ActionOutcome(ActionStatus.FAILED, attempt.began, late, ErrorCode.TIMEOUT)

    def _folder(self, attempt: Attempt) -> Path:
        return self._revisions.folder(attempt.context.job)

    async def stop(self, job: str) -> None:
        """It is cancelled, and leaves nothing that goes on."""

    async def _deploy(self, attempt: Attempt) -> ActionOutcome:
        context, work = attempt.context, attempt.context.action.work
        assert isinstance(work, ObjectDeploy)  # noqa: S101  chosen by this type
        value = resolver(context.pipeline, context.execution)
        work = replace(work, place=substitute(work.place, value), cache_control=substitute(work.cache_control, value))
        place = self._places.find(work.place, context.execution.lane.repository)
        asked = substitute(work.key, value)
        root, folder = await self._revisions.bring(context), self._folder(attempt)
        began = await asyncio.to_thread(_began, folder, attempt.began)
        key = joined(place.below, checked(filled_in(asked, context.job, began)))
        deployment = _Deployment(attempt, work, place, key, root)
        lock = self._locks[deployment.destination]
        if lock.locked():
            attempt.line("Another deployment to this place is at work: waiting for its end.")
        async with lock:
            return await (self._each(deployment) if work.extract else self._as_one(deployment, folder / "all.zip"))

    async def _as_one(self, deployment: _Deployment, file: Path) -> ActionOutcome:
        fitting(deployment.key, folder=deployment.place.bucket.is_folder)
        files = await self._files(deployment)
        await asyncio.to_thread(zipped, deployment.root, files, file)
        headers = headers_for(deployment.key, deployment.work.cache_control)
        put = await deployment.place.bucket.put(deployment.key, file, headers)
        summary = f"{_counted(len(files))} in {deployment.url}, {file.stat().st_size:,} bytes"
        return deployment.succeeded(summary, ETag=put.tag, **({"VersionId": put.version} if put.version else {}))

    async def _each(self, deployment: _Deployment) -> ActionOutcome:
        paths = await self._files(deployment)
        near = deployment.place.bucket.is_folder
        files = {fitting(joined(deployment.key, path), folder=near): deployment.root / path for path in paths}
        digests = await asyncio.to_thread(lambda: {key: digest(file) for key, file in files.items()})
        work, bucket, remembers = deployment.work, deployment.place.bucket, _remembers(deployment.work)
        before = await self._store.written_objects(deployment.destination) if remembers else WrittenObjects()
        there = {key: tag async for key, tag in bucket.tags(deployment.key)} if before.objects else {}
        changes = differences(digests, work.cache_control, before, there, prune=work.prune)
        if remembers and changes.write:
            await self._store.keep_written_objects(deployment.destination, begun(before, changes))
        if self._forgetful and work.prune:
            deployment.attempt.line("Nothing is deleted: only a bot remembers what earlier deployments have written.")
        writing = Writing(bucket, files, work.cache_control, changes.write, deployment.attempt.line)
        await writing.write(changes.first)
        await writing.write(changes.pages)
        await bucket.delete(changes.delete)
        written = {
            key: WrittenObject(digests[key], writing.put[key].tag if key in writing.put else before.objects[key].tag)
            for key in files
        }
        if remembers:
            after = WrittenObjects(work.cache_control, written)
            await self._store.keep_written_objects(deployment.destination, after)
        same, gone = len(files) - changes.write, len(changes.delete)
        summary = f"{_counted(changes.write)} written to {deployment.url}, {same:,} unchanged"
        summary += f", {gone:,} deleted" if work.prune else ""
        counts = {"Files": len(files), "FilesWritten": changes.write, "FilesDeleted": gone}
        return deployment.succeeded(summary, **{name: str(count) for name, count in counts.items()})

    async def _files(self, deployment: _Deployment) -> Sequence[str]:
        """Raises FilesRefused."""
        files, left = await asyncio.to_thread(listed, deployment.root)
        for path in left[:_SHOWN]:
            deployment.attempt.line(f"left out, since it is no file and no link to one of these files: {path}")
        if len(left) > _SHOWN:
            deployment.attempt.line(f"left out likewise: {len(left) - _SHOWN:,} more")
        if not files:
            raise FilesRefused("there is no file to deploy")
        return files


def _began(folder: Path, now: float) -> float:
    """When the attempt was performed for the first time, in whichever life of the bot: noted, if it was not yet."""
    note = folder / _NOTE
    if not note.exists():
        part = note.with_suffix(".part")
        part.write_text(repr(now))
        part.replace(note)
    return _noted(folder, now)


def _noted(folder: Path, now: float) -> float:
    note = folder / _NOTE
    return float(note.read_text()) if note.exists() else now


def _remembers(work: ObjectDeploy) -> bool:
    """Where each deployment has keys of its own there is nothing to compare."""
    return DATETIME not in work.key and UUID not in work.key


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"
