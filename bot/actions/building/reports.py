"""The report files of a build: found, read, cleared of secrets, and held against those before (section 9). They never fail it (B9)."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.actions.building.reach import Chosen, NothingCollected, Reach
from bot.actions.secrets import masked
from bot.model.buildspec import ReportFiles
from bot.model.results import Case, ReportGroup, Results, ResultsRecord
from bot.ports import ActionContext, Store
from bot.results import File, compared, read_report
from bot.results.read import LARGEST

MOST_FILES = 500
MOST_LINKS = 3
"""How many are told by name."""
_LOOK_BACK = 20


def read_reports(groups: Sequence[ReportFiles], reach: Reach, secrets: Sequence[str]) -> tuple[ReportGroup, ...]:
    """Each group's report; what is wrong with one is among its problems. `groups` with their texts evaluated."""
    return tuple(_cleared(_report(group, reach), secrets) for group in groups)


def _report(group: ReportFiles, reach: Reach) -> ReportGroup:
    try:
        found = list(reach.choose(group.base, group.files))
    except NothingCollected as error:
        words = str(error).partition(": ")[2]
        return ReportGroup(group.group, group.format, problems=(words,))
    except OSError as error:
        return ReportGroup(group.group, group.format, problems=(f"the files can't be read: {error.strerror}",))
    if not found:
        return ReportGroup(group.group, group.format, problems=(f"no file matches {', '.join(group.files)}",))
    report = read_report(group.group, group.format, _files(found[:MOST_FILES]))
    more = [f"{len(found)} files match, and {MOST_FILES} are read"] if len(found) > MOST_FILES else []
    more += [f"{link.name} is a link: name the file that it leads to" for link in found if link.place.is_symlink()][
        :MOST_LINKS
    ]
    here = f"{reach.source}/"
    covered = tuple(replace(each, path=each.path.removeprefix(here)) for each in report.files)
    return replace(report, files=covered, problems=(*report.problems, *more))


def _files(chosen: Sequence[Chosen]) -> Iterator[File]:
    for found in chosen:
        try:
            file = os.open(found.place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            continue  # a link, which leads wherever the build likes
        with os.fdopen(file, "rb") as opened:
            if stat.S_ISREG(os.fstat(file).st_mode):
                yield File(found.name, opened.read(LARGEST + 1))


def _cleared(report: ReportGroup, secrets: Sequence[str]) -> ReportGroup:
    """Messages and names are shown on pages, where no secret may appear."""
    if not secrets:
        return report

    def clear(case: Case) -> Case:
        texts = masked({"suite": case.suite, "name": case.name, "message": case.message}, secrets)
        return replace(case, suite=texts["suite"], name=texts["name"], message=texts["message"])

    return replace(report, cases=tuple(map(clear, report.cases)), slowest=tuple(map(clear, report.slowest)))


async def keep(
    store: Store, context: ActionContext, reports: Sequence[ReportGroup], earlier: Sequence[Results], now: float
) -> Results:
    """Compare and keep them. `earlier` are those of this attempt's own builds before. Kept twice, they are kept once."""
    execution = context.execution
    repository, pipeline = execution.lane.repository, context.pipeline.name
    place = context.stage.name, context.action.name
    past: Sequence[ResultsRecord] = ()
    ref = _target(context)
    if ref:
        found = await store.past_results(repository, pipeline, place, _LOOK_BACK, ref=ref)
        past = [one for one in found if one.execution != execution.id and one.number < execution.number]
    same = await store.past_results(repository, pipeline, place, _LOOK_BACK, commit=execution.revision.commit)
    before = [one.results for one in same if (one.execution, one.attempt) != (execution.id, context.attempt)]
    results = compared(reports, past[0].results if past else None, [*before, *earlier])
    record = ResultsRecord(
        execution.id,
        *place,
        context.attempt,
        execution.number,
        str(execution.lane.ref),
        execution.revision.commit,
        now,
        results,
    )
    await store.keep_results(repository, pipeline, record)
    return results


def _target(context: ActionContext) -> str:
    """The ref whose last run counts: a pull request's target branch, else the ref itself."""
    revision = context.execution.revision
    return f"heads/{revision.target_branch}" if revision.target_branch else str(context.execution.lane.ref)
