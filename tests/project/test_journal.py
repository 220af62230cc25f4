"""The bot's own log: what it must never hold."""

import subprocess
import sys
from pathlib import Path

import pytest

BREAKS = """
import structlog
from bot.journal import configure

configure("info", STYLE)

def opens(secrets):
    raise RuntimeError("it broke")

try:
    opens({"KEY": "hunter" + "2"})
except RuntimeError:
    structlog.get_logger().exception("an action")
"""


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_exception_is_logged_without_the_values_of_its_frames(style: str) -> None:
    """Where it happened is enough: a frame's variables may be secrets that an action was given."""
    told = subprocess.run(
        [sys.executable, "-c", BREAKS.replace("STYLE", repr(style))],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    ).stderr
    assert "RuntimeError: it broke" in told
    assert "an action" in told
    assert "hunter2" not in told
