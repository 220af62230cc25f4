"""How far a batch of builds is, in a few words: for the page."""

from bot.messages.words import plural
from bot.model.batch import BatchRun, BuildStatus

_COUNTED = {
    BuildStatus.SUCCEEDED: "succeeded",
    BuildStatus.IN_PROGRESS: "at work",
    BuildStatus.FAILED: "failed",
    BuildStatus.TIMED_OUT: "over their time",
    BuildStatus.FAULT: "lost",
    BuildStatus.STOPPED: "stopped",
    BuildStatus.PENDING: "waiting",
}


def batch_words(run: BatchRun) -> str:
    """`6 builds: 3 succeeded, 1 at work, 2 waiting`."""
    counts = [(len(run.those(status)), words) for status, words in _COUNTED.items()]
    return f"{plural(len(run.builds), 'build')}: {', '.join(f'{count} {words}' for count, words in counts if count)}"
