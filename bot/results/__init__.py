"""Report files of tests and coverage: text that a build has written to the model. Hostile input: limited, never followed, never run."""

from bot.results.compare import compared, summary
from bot.results.read import MOST_CASES, MOST_FILES, SLOWEST, File, read_report

__all__ = ["MOST_CASES", "MOST_FILES", "SLOWEST", "File", "compared", "read_report", "summary"]
