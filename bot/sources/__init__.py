"""Git repositories as sources: one mirror each, read without spawning, checked out into work trees of their own.

The names below are for others; the rest is how it is done. Nothing here knows a pipeline or a host's API.
"""

from bot.sources.removal import remove as remove
from bot.sources.sources import MirrorSources as MirrorSources
