"""`penstock doctor`: is everything as the bot needs it? Each finding names its remedy."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from bot.cli.data_folder import load_as_its_user, running_as
from bot.cli.doctor.clusters import of_clusters
from bot.cli.doctor.finding import Finding
from bot.cli.doctor.gitops import of_gitops
from bot.cli.doctor.hosts import of_hosts
from bot.cli.doctor.targets import of_targets
from bot.cli.keys import look_at_keys, what_is_left
from bot.composition.keys import artifact_problems
from bot.executors.limits import Limits, hoped_for, unheld
from bot.ports import StorageUnavailable, StoreUnavailable
from bot.security.keys import MASTER_KEY, KeyMalformed, master_keys
from bot.settings import Settings, SettingsInvalid
from bot.stores.schema import check as check_schema
from bot.stores.schema import current

GIT_NEEDED = (2, 38)
"""The first with `git merge-tree --write-tree`, which merges pull requests of the embedded host."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, programs, folders, the database, each host (token, webhooks, clock), each repository of GitOps, deployment target, balancer and cluster.

    Each finding that is not good names its remedy. Exit status 1 when the bot could not work as it is.
    """
    settings = load_as_its_user()
    findings = [
        *_programs(),
        *_folders(settings),
        *_limits(settings),
        *_database(settings),
        *_artifacts(settings),
        *_key(settings),
        *_pages(settings),
        *of_hosts(settings),
        *of_gitops(settings),
        *of_targets(settings),
        *of_clusters(settings),
    ]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            mark, colour = {"good": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}[finding.level]
            click.echo(
                f"{click.style(mark, fg=colour)} {finding.what}" + (f"\n  {finding.remedy}" if finding.remedy else "")
            )
    sys.exit(1 if any(finding.level == "bad" for finding in findings) else 0)


def _programs() -> Iterator[Finding]:
    if shutil.which("git") is None:
        yield Finding("bad", "git is not installed.", "Install it: apt-get install git")
        return
    text = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.search(r"(\d+)\.(\d+)", text)
    if found is None:
        yield Finding("bad", "git does not say its version.", "Install git anew: apt-get install --reinstall git")
    elif (int(found[1]), int(found[2])) < GIT_NEEDED:
        yield Finding("bad", f"{text} is too old.", f"Install git {GIT_NEEDED[0]}.{GIT_NEEDED[1]} or newer.")
    else:
        yield Finding("good", f"{text}")
    if shutil.which("sh") is None:
        yield Finding("bad", "There is no sh, so no action can run.", "Install a shell, such as dash.")


def _folders(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.absolute()
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not existing.is_dir():
        yield Finding("bad", f"{existing} is a file.", "Set PENSTOCK_DATA_DIR to a folder of the bot's user.")
        return
    if not os.access(existing, os.W_OK):
        yield Finding("bad", f"{existing} can't be written to.", "Set PENSTOCK_DATA_DIR to a folder of the bot's user.")
        return
    free = shutil.disk_usage(existing).free
    level: Literal["good", "warning"] = "good" if free > 1 << 30 else "warning"
    remedy = "" if level == "good" else "Make room: mirrors, work trees and logs are kept there."
    yield Finding(level, f"Data folder {folder}: {free >> 30} GiB free.", remedy)
    if folder.exists() and folder.stat().st_mode & 0o077 and folder != Path.cwd():
        yield Finding("warning", f"{folder} can be read by other users.", f"chmod 700 {folder}")
    dotenv = Path(".env")
    if dotenv.is_file() and dotenv.stat().st_mode & 0o077:
        yield Finding("warning", ".env can be read by other users, and may hold secrets.", "chmod 600 .env")


def _limits(settings: Settings) -> Iterator[Finding]:
    """Of the bot that runs; where none does, as seen from here: it may run in another group."""
    limits = Limits(settings.action_processes, settings.action_memory)
    bot = running_as(settings.data_dir) or "self"
    missing = unheld(limits, hoped_for(bot), bot)
    for each in missing:
        what, _, remedy = each.partition(". ")
        yield Finding("warning", f"{what[:1].upper()}{what[1:]}.", f"{remedy}.")
    if not missing:
        yield Finding(
            "good", f"Actions: at most {settings.action_processes} processes each, and the kernel holds them to it."
        )


def _database(settings: Settings) -> Iterator[Finding]:
    if (
        settings.database.startswith("sqlite")
        and not (settings.data_dir / "penstock.db").exists()
        and not settings.database_url
    ):
        yield Finding("good", "Database: none yet; it is made at the first start.")
        return
    try:
        version = current(settings.database)
        check_schema(settings.database)
    except StoreUnavailable as error:
        yield Finding("bad", f"Database: {error}", "Run `penstock db upgrade`, or check PENSTOCK_DATABASE_URL.")
    else:
        yield Finding("good", f"Database: at {version}.")


def _artifacts(settings: Settings) -> Iterator[Finding]:
    """A folder that is not there yet is made at the first start."""
    if not settings.artifacts_url and not settings.artifact_stores:
        return
    try:
        problems = artifact_problems(settings)
    except SettingsInvalid as error:
        yield Finding("bad", f"Artifacts: {error}", "Mend that address.")
        return
    for region, problem in problems.items():
        name = f"PENSTOCK_ARTIFACT_STORES ({region})" if region else "PENSTOCK_ARTIFACTS_URL"
        where = f"Artifacts in {region}" if region else "Artifacts"
        if problem:
            remedy = f"Check {name}: its address, its options, and what its credentials may do there."
            yield Finding("bad", f"{where}: the store can't be written to and read: {problem}", remedy)
        else:
            yield Finding("good", f"{where}: the store can be written to and read.")


def _key(settings: Settings) -> Iterator[Finding]:
    """Looked at, and never made: that is for the first start to do."""
    file = settings.master_key_file or settings.data_dir / MASTER_KEY
    given = settings.master_key.get_secret_value() if settings.master_key else ""
    if not given and not settings.master_key_file and not file.exists():
        yield Finding("good", "Master key: none yet; it is made at the first start.")
        return
    try:
        known = master_keys(given, file, file)
    except (KeyMalformed, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        remedy = (
            "Make one with: openssl rand -base64 32. Secrets that were sealed to another one have to be sealed anew."
        )
        yield Finding("bad", f"Master key: {file if not given else 'PENSTOCK_MASTER_KEY'}: {reason}.", remedy)
        return
    if not given and file.stat().st_mode & 0o077:
        yield Finding("warning", f"{file} can be read by other users.", f"chmod 600 {file}")
    yield Finding("good", "Master key: there. Keep a copy elsewhere: without it no sealed secret opens.")
    yield from _older_keys(settings, len(known))


def _older_keys(settings: Settings, known: int) -> Iterator[Finding]:
    """Whether anything still needs a master key that is not the newest."""
    try:
        if not current(settings.database):
            return
        found = asyncio.run(look_at_keys(settings))
    except (StoreUnavailable, StorageUnavailable, SettingsInvalid):
        return  # told where the database and the artifacts are looked at
    if found.unknown:
        yield Finding("bad", f"Master keys: {what_is_left(found)}", "Then run `penstock keys rotate`.")
    elif found.stale:
        yield Finding(
            "warning", f"Master keys: {found.stale} keys still need an older one.", "Run `penstock keys rotate`."
        )
    elif known > 1:
        yield Finding("good", f"Master keys: {what_is_left(found)}")


def _pages(settings: Settings) -> Iterator[Finding]:
    if settings.on_loopback:
        yield Finding("good", f"Pages: open on {settings.url}, which only this machine reaches.")
    elif settings.page_token is None:
        yield Finding(
            "bad",
            "Pages: closed, since the bot listens beyond this machine and has no page token.",
            "Set PENSTOCK_PAGE_TOKEN to a long random value.",
        )
    else:
        yield Finding("good", f"Pages: {settings.url}, with a token.")
    if settings.public_url:
        what = f"Hosts deliver to {settings.public_url}: whether they reach it is not known here."
        yield Finding("good", f"{what} `penstock connect` has them try.")
    if not settings.on_loopback and not settings.public_url:
        yield Finding(
            "warning",
            "Links in statuses name the listening address.",
            "Set PENSTOCK_PUBLIC_URL to the address that people use.",
        )
