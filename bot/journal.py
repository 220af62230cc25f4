"""How the bot's own log is written: readable on a terminal, JSON for machines. What is logged is said where it happens."""

import logging
import sys
from typing import Literal

import structlog


def errors_alone() -> None:
    """For commands that are no bot: what they print is the user's, so what goes wrong with us stands beside it, and nothing else."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("error"),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def configure(level: str, style: Literal["console", "json"]) -> None:
    """Set up logging for the whole process. Called once, by the command line; tests log through pytest's own capture."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        # Not the library's own choice, which shows each frame's variables: there are secrets among them.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([structlog.processors.format_exc_info] if style == "json" else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries that use the standard library's logging: their warnings, on the same stream.
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]), stream=sys.stderr)
