"""The hosts file: Git hosts that environment variables can't say, several of one kind among them. What it says, and what is wrong with it."""

from bot.hosts_file.grammar import json_schema
from bot.hosts_file.read import FileHost, Reading, read_hosts

__all__ = ["FileHost", "Reading", "json_schema", "read_hosts"]
