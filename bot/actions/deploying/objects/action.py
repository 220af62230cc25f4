"""A deployment to object storage: the artifact brought here, what has changed of it written, what is gone deleted.

Performed again after a crash it does no harm: names follow from the attempt, what is there already is not written again, and
what a former life may have written is remembered before it is.
"""

import asyncio
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.deploying.log import LogOpener, LogWriter, write_line
from bot.actions.deploying.objects.bucket import BucketRefused
from bot.actions.deploying.objects.differences import begun, differences
from bot.actions.deploying.objects.files import FilesRefused, digest, listed, zipped
from bot.actions.deploying.objects.naming import KeyRefused, checked, filled_in, joined
from bot.actions.deploying.objects.places import Place, PlaceRefused, Places
from bot.actions.deploying.objects.writing import Writing, headers_for
from bot.actions.outcome import code
from bot.core.artifacts import SOURCE
from bot.core.sources import people
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.object_deployment import DATETIME, UUID, ObjectDeploy, WrittenObject, WrittenObjects
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Clock,
    CommitUnavailable,
    HostRefused,
    HostUnavailable,
    Sources,
    Store,
)

_SHOWN = 20
"""Files named in the log of those that are left out."""


@dataclass(frozen=True, slots=True)
class _Deployment:
    """One attempt: what the file asks for with its references replaced. `key` is below the place's bucket."""

    context: ActionContext
    work: ObjectDeploy
    place: Place
    key: str
    root: Path
    log: LogWriter

    def line(self, words: str) -> None:
        write_line(self.log, words)

    @property
    def url(self) -> str:
        return joined(self.place.bucket.url, self.key)

    @property
    def destination(self) -> str:
        lane = self.context.execution.lane
        action = f"{self.context.stage.name}/{self.context.action.name}"
        return f"{lane.repository.provider}:{lane.repository.id}:{lane.pipeline}:{action}:{self.url}"

    def outputs(self, **more: str) -> Mapping[str, str]:
        key = self.url.partition("://")[2].partition("/")[2]
        return {"Location": self.url, "ObjectKey": key, **more}


class ObjectDeployments:
    """`work_dir` holds a folder an attempt while it runs. `timeout` seconds for actions that set none; `log_limit` bytes of a log."""

    def __init__(
        self,
        places: Places,
        sources: Sources,
        artifacts: Artifacts,
        store: Store,
        logs: LogOpener,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        log_limit: int,
    ) -> None:
        self._places = places
        self._sources = sources
        self._handover = Handover(artifacts, sources)
        self._store = store
        self._logs = logs
        self._clock = clock
        self._root = work_dir
        self._timeout = timeout
        self._log_limit = log_limit
        self._locks: dict[str, asyncio.Lock] = {}
        self.changed: Callable[[str], None] = lambda _: None

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        limit = context.action.timeout or self._timeout
        log = self._logs.open(context.job, self._log_limit, ())
        try:
            async with asyncio.timeout(limit):
                outcome = await self._perform(context, log)
            write_line(log, f"{outcome.summary}.")
            return replace(outcome, started_at=began)
        except (PlaceRefused, BucketRefused) as refused:
            return ActionOutcome(ActionStatus.FAILED, began, str(refused), ErrorCode.PERMISSION)
        except (KeyRefused, FilesRefused) as refused:
            return ActionOutcome(ActionStatus.FAILED, began, str(refused), ErrorCode.CONFIGURATION)
        except (Unresolved, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        except HostUnavailable as error:
            write_line(log, f"{error}: it is tried again.")
            raise
        except TimeoutError:
            late = f"not deployed within its timeout of {limit:g} s"
            return ActionOutcome(ActionStatus.FAILED, began, late, ErrorCode.TIMEOUT)
        finally:
            log.close()

    async def abandon(self, job: str) -> None:
        """It is cancelled, and leaves nothing that goes on."""

    async def forget(self, job: str) -> None:
        await self._sources.remove(self._folder(job))

    async def sweep(self, keep: Collection[str]) -> None:
        kept = {self._folder(job) for job in keep}
        for folder in self._root.glob("*"):
            if folder not in kept:
                await self._sources.remove(folder)

    async def _perform(self, context: ActionContext, log: LogWriter) -> ActionOutcome:
        work = context.action.work
        assert isinstance(work, ObjectDeploy)  # noqa: S101  chosen by this type
        value = resolver(context.pipeline, context.execution)
        work = replace(work, place=substitute(work.place, value), cache_control=substitute(work.cache_control, value))
        place = self._places.find(work.place, context.execution.lane.repository)
        folder = self._folder(context.job)
        began = await asyncio.to_thread(_began, folder, self._clock.now())
        key = joined(place.below, checked(filled_in(substitute(work.key, value), context.job, began)))
        root = await self._brought(context, folder)
        deployment = _Deployment(context, work, place, key, root, log)
        lock = self._locks.setdefault(deployment.destination, asyncio.Lock())
        if lock.locked():
            deployment.line("Another deployment to this place is at work: waiting for its end.")
        async with lock:
            return await (self._each(deployment) if work.extract else self._as_one(deployment, folder / "all.zip"))

    async def _brought(self, context: ActionContext, folder: Path) -> Path:
        """What is deployed: the first of its inputs, or the commit's files, without any history."""
        for name in ("source", "inputs"):
            await self._sources.remove(folder / name)  # a former try may have left half of it
        root = next(iter(places(context, folder).values()))
        if SOURCE in (context.action.inputs or (SOURCE,)):
            execution = context.execution
            repository, commit = execution.lane.repository, execution.revision.commit
            checkout = replace(context.pipeline.checkout, format="zip")
            await self._sources.fetch(repository, [commit], checkout)
            await self._sources.check_out(repository, commit, checkout, folder / "source", people(execution))
        await self._handover.bring(context, folder)
        return root

    async def _as_one(self, deployment: _Deployment, file: Path) -> ActionOutcome:
        files = await self._files(deployment)
        await asyncio.to_thread(zipped, deployment.root, files, file)
        headers = headers_for(deployment.key, deployment.work.cache_control)
        put = await deployment.place.bucket.put(deployment.key, file, headers)
        summary = f"{_counted(len(files))} in {deployment.url}, {file.stat().st_size / 1e6:,.1f} MB"
        outputs = deployment.outputs(ETag=put.tag, **({"VersionId": put.version} if put.version else {}))
        return ActionOutcome(ActionStatus.SUCCEEDED, 0.0, summary, outputs=outputs)

    async def _each(self, deployment: _Deployment) -> ActionOutcome:
        paths = await self._files(deployment)
        files = {joined(deployment.key, path): deployment.root / path for path in paths}
        digests = await asyncio.to_thread(lambda: {key: digest(file) for key, file in files.items()})
        work, bucket, remembers = deployment.work, deployment.place.bucket, _remembers(deployment.work)
        before = await self._store.written_objects(deployment.destination) if remembers else WrittenObjects()
        there = {key: tag async for key, tag in bucket.tags(deployment.key)} if before.objects else {}
        changes = differences(digests, work.cache_control, before, there, prune=work.prune)
        if remembers and changes.write:
            await self._store.keep_written_objects(deployment.destination, begun(before, changes))
        writing = Writing(bucket, files, work.cache_control, changes.write, deployment.line)
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
        outputs = deployment.outputs(**{name: str(count) for name, count in counts.items()})
        return ActionOutcome(ActionStatus.SUCCEEDED, 0.0, summary, outputs=outputs)

    async def _files(self, deployment: _Deployment) -> Sequence[str]:
        """Raises FilesRefused."""
        files, left = await asyncio.to_thread(listed, deployment.root)
        for path in left[:_SHOWN]:
            deployment.line(f"left out, since it is no file and no link to one of these files: {path}")
        if len(left) > _SHOWN:
            deployment.line(f"left out likewise: {len(left) - _SHOWN:,} more")
        if not files:
            raise FilesRefused("there is no file to deploy")
        return files

    def _folder(self, job: str) -> Path:
        return self._root / job.replace("/", "--")


def _began(folder: Path, now: float) -> float:
    """When the attempt was performed for the first time, in whichever life of the bot."""
    note = folder / "began"
    if note.exists():
        return float(note.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    part = note.with_suffix(".part")
    part.write_text(repr(now))
    part.replace(note)
    return now


def _remembers(work: ObjectDeploy) -> bool:
    """Where each deployment has keys of its own there is nothing to compare."""
    return DATETIME not in work.key and UUID not in work.key


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"
