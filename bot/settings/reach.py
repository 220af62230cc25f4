"""The settings of what actions and rules reach beside their own host: endpoints, and the places that deployments go to; with them how
large what they hand on may be.

Not who may use them: that is `Settings`' affair. Whoever runs a working tree has named them and may, so `penstock run` reads these and no others;
a bot's settings that are wrong, or not there, keep nobody from it.
"""

from pathlib import Path

from pydantic_settings import BaseSettings

from bot.settings.lists import Addresses, Buckets
from bot.settings.sizes import SizeSettings


class ReachSettings(SizeSettings, BaseSettings):
    """A part of `Settings`."""

    invoke_endpoints: Addresses = {}
    metrics_servers: Addresses = {}

    targets_file: Path | None = None
    clusters_file: Path | None = None
    deploy_buckets: Buckets = {}
