"""Where a path of somebody else's folder leads. What may then be done with it is decided by who asks."""

from pathlib import Path


def leads_to(path: Path) -> Path | None:
    """The place itself, no link in it; None if it leads nowhere or to itself, or is no path (a zero byte).

    `Path.resolve` that is not strict gives up at a link that leads to itself and tells the rest of the path unresolved: with
    `a -> a/../b` that is `b`, inside, wherever `b` may lead.
    """
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
