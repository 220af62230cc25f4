"""Permissions of what was copied (section 3): which entry means which path, found out while planning; then given, in the agent's order (PRM-1)."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import stat
import subprocess
from typing import Any

from bot.targets.agent.failure import Failure
from bot.targets.agent.plan import Plan

SELINUX = "/sys/fs/selinux/enforce"
"""Is there where the kernel has it enabled, whether it enforces or only tells."""


def match(made: Plan, entries: list[dict[str, Any]], directory: str) -> None:
    """Fill the plan's permissions. Raises Failure for what PRM-2, PRM-4 and PRM-5 refuse."""
    for entry in entries:
        thing = directory + entry["object"]
        _check(entry)
        if thing in made.copies:
            if entry["pattern"] != "**" or entry["except"]:
                raise Failure(f"permissions for {thing}: `pattern` and `except` are for folders, and this is a file")
            _give(made, thing, "file", entry)
        elif any(place == thing or place.startswith(thing + "/") for place in (*made.folders, *made.copies)):
            for place in made.copies:
                _match_below(made, thing, place, "file", entry)
            for place in made.folders:
                _match_below(made, thing, place, "directory", entry)


def _match_below(made: Plan, thing: str, place: str, kind: str, entry: dict[str, Any]) -> None:
    prefix = thing.rstrip("/") + "/"
    if not place.startswith(prefix):
        return
    name = place[len(prefix) :]
    if entry["pattern"] != "**" and not _matches(name, entry["pattern"]):
        return
    if not any(_matches(name, pattern) for pattern in entry["except"]):
        _give(made, place, kind, entry)


def _matches(name: str, pattern: str) -> bool:
    """PRM-2: one level, and only `*` means anything."""
    return "/" not in name and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def _give(made: Plan, place: str, kind: str, entry: dict[str, Any]) -> None:
    if kind not in entry["types"]:
        return
    if kind == "file" and any(acl.startswith("d") for acl in entry["acls"]):
        raise Failure(f"permissions for {place}: a default list is for folders, and this is a file")
    if place in made.permissions:
        raise Failure(f"two entries of `permissions` mean {place}: make them exclude each other")
    made.permissions[place] = entry


def _check(entry: dict[str, Any]) -> None:
    """What this machine has to know before anything is copied."""
    for key, find in (("owner", pwd.getpwnam), ("group", grp.getgrnam)):
        if entry[key]:
            try:
                find(entry[key])
            except KeyError:
                raise Failure(f"there is no {key} {entry[key]} on this target, which `permissions` names") from None
    for needed, program, package in (("acls", "setfacl", "acl"), ("context", "chcon", "coreutils")):
        if entry[needed] and shutil.which(program) is None:
            raise Failure(f"`permissions` has {needed}, and this target has no {program}: install {package}")
    if entry["context"] and not os.path.exists(SELINUX):
        raise Failure(
            "`permissions` has a context, and SELinux is not at work on this target: enable it, or remove `context`"
        )


def apply(place: str, entry: dict[str, Any]) -> None:
    """Mode, list, context, owner (PRM-1). A link has no mode and no list, and what it leads to is not the bundle's. Raises Failure, OSError."""
    link = stat.S_ISLNK(os.lstat(place).st_mode)
    mode = "" if link else entry["mode"]
    if mode:
        os.chmod(place, int(mode, 8))
    if entry["acls"] and not link:
        _run(["setfacl", "-m", ",".join(entry["acls"]), "--", place])
    if entry["context"]:
        context = entry["context"]
        options = [("-t", context["type"]), ("-u", context["user"]), ("-l", context["range"])]
        _run(
            [
                "chcon",
                "--no-dereference",
                *(part for option, value in options if value for part in (option, value)),
                "--",
                place,
            ]
        )
    owner = pwd.getpwnam(entry["owner"]).pw_uid if entry["owner"] else -1
    group = grp.getgrnam(entry["group"]).gr_gid if entry["group"] else -1
    if (owner, group) != (-1, -1):
        os.chown(place, owner, group, follow_symlinks=False)
        if mode:
            os.chmod(place, int(mode, 8))  # a change of owner takes setuid and setgid away


def _run(words: list[str]) -> None:
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if ended.returncode:
        raise Failure(f"{words[0]} failed: {ended.stdout.decode(errors='replace').strip()}")
