"""`.env.example` and the manual know every setting; none is made up."""

import re
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parents[2]


def test_env_example_shows_every_setting_once_and_no_other() -> None:
    shown = re.findall(r"^#?(PENSTOCK_[A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(f"PENSTOCK_{name.upper()}" for name in Settings.model_fields)
