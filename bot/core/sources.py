"""Further sources of an execution: the revision that one is to have, and the revisions that all have come to (RUN-2, RUN-10)."""

from collections.abc import Iterator

from bot.model.execution import Execution, StageRun
from bot.model.people import Person
from bot.model.source import SourceRevision


def wanted(execution: Execution, stage: str, action: str) -> str:
    """The revision that the source action is to fetch, "" for the newest.

    A start may name it (RUN-4); and what an earlier attempt in this execution came to stays (RET-4).
    """
    named = execution.source_revisions.get(action)
    if named:
        return named
    run = execution.stage_run(stage)
    return next((past.revision.id for past in run.past if past.name == action and past.revision), "")


def people(execution: Execution) -> tuple[Person, ...]:
    """Everybody in whose name it reads: who brought the revision, whose the pipeline file is, and who caused the execution.

    Empty where nobody is known to have brought the revision: what nobody answers for reads nothing private. To a pull request
    others may push than its author.
    """
    revision = execution.revision
    if revision.author is None or (revision.pull_request is not None and revision.pushed_by is None):
        return ()
    everybody = (revision.author, revision.pushed_by, execution.trigger.by)
    return tuple(dict.fromkeys(person for person in everybody if person is not None))


def revisions(execution: Execution) -> Iterator[tuple[str, SourceRevision]]:
    """By action, in the order of the file. A rollback has no sources of its own: its target's count."""
    for stage in execution.stages:
        yield from _of(stage)


def _of(stage: StageRun) -> Iterator[tuple[str, SourceRevision]]:
    for run in stage.actions:
        if run.revision is not None:
            yield run.name, run.revision
