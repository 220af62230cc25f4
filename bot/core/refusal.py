"""Why a command was refused, as data. The sentences are in `bot.messages`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RefusalReason(StrEnum):
    """One member a sentence. The comment names the `details` that the sentence uses."""

    NOT_ALLOWED = "not_allowed"  # role, needed
    NOT_AN_APPROVER = "not_an_approver"  # stage, action, by
    OWNERS_UNKNOWN = "owners_unknown"  # stage, action, problem: nothing is wrong while they are being looked for
    OWN_CHANGE = "own_change"  # stage, action
    AUTHOR_UNKNOWN = "author_unknown"  # stage, action
    NOTHING_WAITS = "nothing_waits"
    NOTHING_WAITS_THERE = "nothing_waits_there"  # stage, waiting
    SEVERAL_WAIT = "several_wait"  # choices
    ALREADY_ANSWERED = "already_answered"  # stage, action
    ANSWERED_TWICE = "answered_twice"  # stage, action: this person's answer counts already
    STALE = "stale"  # waiting (commit), head (commit)
    NOTHING_RUNS = "nothing_runs"
    ALREADY_STOPPING = "already_stopping"  # number
    NOTHING_TO_RETRY = "nothing_to_retry"
    NOT_LATEST = "not_latest"  # number, stage, latest
    STRUCTURE_CHANGED = "structure_changed"  # number, stage, version
    ACTIONS_RUNNING = "actions_running"  # stage
    ROLLING_BACK = "rolling_back"  # stage: the stage is about to be rolled back
    NOTHING_TO_OVERRIDE = "nothing_to_override"  # stage
    NOTHING_TO_CONTINUE = "nothing_to_continue"
    NOTHING_TO_CONTINUE_THERE = "nothing_to_continue_there"  # stage, waiting
    MERGE_AWAITED = "merge_awaited"  # stage, action, merge: which no command stands for
    SEVERAL_TO_CONTINUE = "several_to_continue"  # choices
    SKIP_STANDS = "skip_stands"  # stage: a condition that skips cannot be overridden
    STAGE_RUNNING = "stage_running"  # stage, number
    ROLLBACK_NOWHERE = "rollback_nowhere"  # stage: nothing has succeeded there that could be brought back
    ROLLBACK_UNKNOWN = "rollback_unknown"  # asked, stage, candidates
    ROLLBACK_PARALLEL = "rollback_parallel"  # stage
    ROLLBACK_TO_ROLLBACK = "rollback_to_rollback"  # number, stage, candidates
    ROLLBACK_SKIPPED = "rollback_skipped"  # number, stage, candidates
    ROLLBACK_UNSUCCESSFUL = "rollback_unsuccessful"  # number, stage, candidates
    ROLLBACK_OUTDATED = "rollback_outdated"  # number, stage, candidates
    UNKNOWN_STAGE = "unknown_stage"  # stage, known
    UNKNOWN_PIPELINE = "unknown_pipeline"  # pipeline, known
    SEVERAL_PIPELINES = "several_pipelines"  # choices
    NO_PIPELINE = "no_pipeline"  # reason
    OUTSIDE = "outside"
    OK_NOT_HERE = "ok_not_here"
    OK_CLOSED = "ok_closed"
    OK_NEEDLESS = "ok_needless"
    OK_WHICH = "ok_which"  # least, typed_ok
    OK_UNREADABLE = "ok_unreadable"
    OK_OTHER = "ok_other"  # asked, typed_ok
    VARIABLE_UNKNOWN = "variable_unknown"  # name, known
    VARIABLE_MISSING = "variable_missing"  # names
    LIMIT = "limit"  # limit
    NO_LANE = "no_lane"
    UNKNOWN_COMMAND = "unknown_command"  # command, closest
    BAD_ARGUMENTS = "bad_arguments"  # command, usage
    TOO_MANY_COMMANDS = "too_many_commands"  # limit
    HIDDEN_CHARACTERS = "hidden_characters"  # command: it holds characters that make text look other than it is


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command's refusal: why, and the words that the sentence needs."""

    reason: RefusalReason
    details: Mapping[str, str] = field(default_factory=dict)
