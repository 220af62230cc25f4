"""Git's own settings and environment as Penstock's git processes get them: nothing of the machine's or a user's configuration.

Repository contents are hostile: no hooks, no monitors, no transport but http(s), no path that could reach `.git`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

INHERITED = (
    "PATH",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "ALL_PROXY",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "TMPDIR",
)
"""What git may know of the machine: where programs are, how the network is reached, whom to trust."""

CONFIGURATION = """\
# Written by Penstock at every start: the whole configuration of its own git processes.
[core]
	hooksPath = /dev/null
	fsmonitor = false
	protectHFS = true
	protectNTFS = true
[safe]
	# Every folder is named by us, none is found by searching: its owner may be another user in a container.
	directory = *
[protocol]
	version = 2
	allow = never
[protocol "http"]
	allow = always
[protocol "https"]
	allow = always
[http]
	# A host that stands still for a minute is gone.
	lowSpeedLimit = 100
	lowSpeedTime = 60
[fetch]
	# A pack appears whole or not at all; loose objects from a killed fetch could be a commit without its tree.
	unpackLimit = 1
	recurseSubmodules = false
[transfer]
	unpackLimit = 1
[gc]
	auto = 0
[maintenance]
	auto = false
[checkout]
	workers = {workers}
[advice]
	detachedHead = false
[credential]
	helper =
	# Whoever asks for a password says for which repository.
	useHttpPath = true
"""


def write_configuration(settings: Path) -> None:
    workers = min(4, os.cpu_count() or 1)
    settings.write_text(CONFIGURATION.format(workers=workers))


def environment_for_git(settings: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of every git process. English messages, because `failures` reads them."""
    kept = {name: inherited[name] for name in INHERITED if name in inherited}
    return kept | {
        "LC_ALL": "C",
        "HOME": "/nonexistent",
        "XDG_CONFIG_HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "GIT_OPTIONAL_LOCKS": "0",
    }
