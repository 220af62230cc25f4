"""Whether an event starts a pipeline, and if not, which filter kept it from starting (section 8).

Every answer carries its reason in words, since `/why` shows it.
"""

import re
from collections.abc import Sequence

from bot.model.glob import matches
from bot.model.host_event import MergeGroupChanged, PullRequestChanged, Pushed
from bot.model.intake import Judgement
from bot.model.pipeline import Pipeline
from bot.model.repository import RefKind
from bot.model.triggers import Patterns, PullRequestKind, PullRequestTrigger, PushTrigger

EXAMINED_PATHS = 100
"""TRG-4: only the first changed files are looked at."""

_SKIP = re.compile(r"\[(skip ci|ci skip)\]", re.IGNORECASE)


Change = Pushed | PullRequestChanged | MergeGroupChanged


def needs_paths(pipeline: Pipeline, event: Change) -> bool:
    """Whether a filter of this pipeline looks at changed paths, so that it is worth finding them out."""
    entries = pipeline.triggers.push if isinstance(event, Pushed) else pipeline.triggers.pull_request
    return any(entry.paths is not None for entry in entries)


def judge(pipeline: Pipeline, event: Change, paths: Sequence[str] | None, message: str) -> Judgement:
    """Whether the event starts the pipeline. `paths` are the changed ones, None when there is no base to compare with (TRG-5).

    `message` is the head commit's, of a pull request too: it may ask to be skipped. A merge queue waits for an answer, so there
    it may not.
    """
    if _SKIP.search(message) and not isinstance(event, MergeGroupChanged):
        return Judgement(pipeline.name, started=False, reason="the commit's message says to skip")
    match event:
        case Pushed():
            started, reason = _push(pipeline, event, paths)
        case MergeGroupChanged():
            started, reason = _merge_group(pipeline, event, paths)
        case _:
            started, reason = _pull_request(pipeline, event, paths)
    return Judgement(pipeline.name, started, reason if started else reason + _otherwise(pipeline))


def _otherwise(pipeline: Pipeline) -> str:
    """What starts it, if no push and no pull request does."""
    others = []
    if pipeline.triggers.pipelines:
        others.append(f"when {' or '.join(pipeline.triggers.pipelines)} succeeds")
    if pipeline.triggers.schedule:
        others.append(f"by schedule ({', '.join(map(str, pipeline.triggers.schedule))})")
    if pipeline.triggers.webhooks:
        others.append(f"when {' or '.join(each.name for each in pipeline.triggers.webhooks)} is called")
    return f"; it starts {' and '.join(others)}" if others else ""


Answer = tuple[bool, str]


def _push(pipeline: Pipeline, event: Pushed, paths: Sequence[str] | None) -> Answer:
    triggers = pipeline.triggers
    if triggers.default_branch and event.ref.kind is RefKind.BRANCH and event.ref.name == event.default_branch:
        return True, f"a push to the default branch {event.ref.name}"
    if not triggers.push:
        if triggers.default_branch:
            return False, f"{event.ref.name} is not the default branch {event.default_branch}"
        return False, "the pipeline has no push trigger"
    return _any_of([_push_entry(entry, event, paths) for entry in triggers.push])


def _push_entry(entry: PushTrigger, event: Pushed, paths: Sequence[str] | None) -> Answer:
    """TRG-2: within an entry all parts must pass."""
    name = event.ref.name
    if event.ref.kind is RefKind.TAG:
        if entry.tags is None:
            return False, "it was a tag, and the push trigger names none"
        return _named(entry.tags, name, "tag")
    if entry.tags is not None and entry.branches is None and entry.paths is None:
        return False, "it was a branch, and the push trigger names tags"
    if entry.branches is not None:
        passed, reason = _named(entry.branches, name, "branch")
        if not passed:
            return passed, reason
    return _paths(entry.paths, paths) or (True, f"a push to {name}")


def _pull_request(pipeline: Pipeline, event: PullRequestChanged, paths: Sequence[str] | None) -> Answer:
    entries = pipeline.triggers.pull_request
    if not entries:
        return False, "the pipeline has no pull_request trigger"
    return _any_of([_pull_request_entry(entry, event, paths) for entry in entries])


def _pull_request_entry(entry: PullRequestTrigger, event: PullRequestChanged, paths: Sequence[str] | None) -> Answer:
    if event.kind not in entry.events:
        return False, f"the pull request was {event.kind}, and the trigger names {', '.join(entry.events)}"
    words = f"pull request {event.pull_request.number} {event.kind}"
    return _target(entry, event.pull_request.target_branch, paths, words)


def _target(entry: PullRequestTrigger, branch: str, paths: Sequence[str] | None, words: str) -> Answer:
    if entry.branches is not None:
        passed, reason = _named(entry.branches, branch, "target branch")
        if not passed:
            return passed, reason
    return _paths(entry.paths, paths) or (True, words)


def _merge_group(pipeline: Pipeline, event: MergeGroupChanged, paths: Sequence[str] | None) -> Answer:
    """What runs when a pull request to that branch is opened or updated runs for what the queue makes of it."""
    asked = {PullRequestKind.OPENED, PullRequestKind.UPDATED}
    entries = [entry for entry in pipeline.triggers.pull_request if asked & set(entry.events)]
    if not entries:
        return False, "the pipeline has no trigger for pull requests that are opened or updated"
    words = f"the merge queue of {event.target_branch}"
    return _any_of([_target(entry, event.target_branch, paths, words) for entry in entries])


def _any_of(answers: list[Answer]) -> Answer:
    """TRG-1: entries are alternatives. When none passes, the reasons of all are told."""
    for passed, reason in answers:
        if passed:
            return passed, reason
    return False, "; ".join(dict.fromkeys(reason for _, reason in answers))


def is_for_target(pipeline: Pipeline, branch: str) -> bool:
    """Whether some event of a pull request to that branch starts the pipeline."""
    entries = pipeline.triggers.pull_request
    return any(entry.branches is None or passes(entry.branches, branch) for entry in entries)


def passes(patterns: Patterns, name: str) -> bool:
    """TRG-3: excludes win; no includes means everything else passes."""
    if any(matches(pattern, name) for pattern in patterns.exclude):
        return False
    return not patterns.include or any(matches(pattern, name) for pattern in patterns.include)


def _named(patterns: Patterns, name: str, what: str) -> Answer:
    if passes(patterns, name):
        return True, f"a push of the {what} {name}"
    excluded = next((pattern for pattern in patterns.exclude if matches(pattern, name)), None)
    if excluded is not None:
        return False, f"the {what} {name} is excluded by {excluded}"
    return False, f"the {what} {name} matches none of {', '.join(patterns.include)}"


def _paths(patterns: Patterns | None, paths: Sequence[str] | None) -> Answer | None:
    """None when the paths are no obstacle (TRG-4, TRG-5)."""
    if patterns is None:
        return None
    if paths is None:
        return False, "there is nothing to compare with, so no changed path can match"
    if any(passes(patterns, path) for path in paths[:EXAMINED_PATHS]):
        return None
    return False, "none of the changed paths passes the paths filter"
