"""Settings: the environment and `.env`, read once at start, frozen, every problem reported together. Nothing else reads the environment."""

from bot.settings.settings import Settings, SettingsInvalid, load
from bot.settings.urls import LOOPBACK

__all__ = ["LOOPBACK", "Settings", "SettingsInvalid", "load"]
