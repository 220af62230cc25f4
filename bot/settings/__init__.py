"""Settings: the environment and `.env`, read once at start, frozen, every problem reported together. Nothing else reads the environment."""

from bot.settings.reach import ReachSettings
from bot.settings.settings import OwnSettings, Settings, SettingsInvalid, load, load_own
from bot.settings.urls import LOOPBACK

__all__ = ["LOOPBACK", "OwnSettings", "ReachSettings", "Settings", "SettingsInvalid", "load", "load_own"]
