"""Problem matchers: what compilers, linters and test runners say of lines of files, found in the text of an action's log.

The formats are data (`table`); `read` goes through a log with them, and `paths` says which file of the repository is meant. Pure: what
files there are is asked of the caller. Logs are hostile: no format takes more than linear time, and all is limited in number and length.
"""

from bot.matchers.read import annotations_of, worst_first

__all__ = ["annotations_of", "worst_first"]
