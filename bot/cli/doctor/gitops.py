"""`penstock doctor` about deployments by Git: whether the bot can sign commits, and may push to the repositories that its pipelines may change. Nothing
is pushed.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.cli.doctor.finding import Finding
from bot.cli.doctor.hooks import MOST, known
from bot.cli.doctor.hosts import host_of
from bot.clock import SystemClock
from bot.composition.hosts import ConfiguredHost, Kind, configured_hosts, for_git, provider_of
from bot.composition.setup import settings_with_app
from bot.model.glob import matches
from bot.model.repository import Repository
from bot.ports import Branches, GitRemote, HostRefused, HostUnavailable, Provider
from bot.settings import Settings
from bot.sources.failures import last_line
from bot.sources.sources import MirrorSources

REMEDY: dict[Kind, str] = {
    "github": "Give the token, or the App, Contents: write and Pull requests: write there, and its account write access.",
    "gitlab": "Give the token the scope api, and its user the role Developer there.",
    "bitbucket": "Give the token the scopes repository:write and pullrequest:write, and its user write access there.",
    "bitbucket-dc": "Give the token and its user the permission Repository write there.",
}
"""What a push and a pull request need, in each host's own words (docs/deployments.md)."""


def of_gitops(settings: Settings) -> Iterator[Finding]:
    """A line for each repository, host by host. Of a pattern those are meant that the bot has heard of."""
    if not settings.gitops_repositories:
        return
    if settings.gitops_signing_key_file is not None:
        yield _of_key(settings.gitops_signing_key_file)
    settings, heard_of = asyncio.run(settings_with_app(settings)), asyncio.run(known(settings)).repositories
    for host in configured_hosts(settings, os.environ):
        names = _names(settings.gitops_repositories, host.name, heard_of.get(host.name, ()))
        if names and host_of(host).token:
            yield from asyncio.run(_of_host(host, names[:MOST]))


def _of_key(key: Path) -> Finding:
    """Signing needs the program itself, and a key that it opens without being asked for anything."""
    words = ["ssh-keygen", "-y", "-P", "", "-f", str(key)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return Finding("bad", "GitOps: ssh-keygen is not installed.", "Install it: apt-get install openssh-client")
    if done.returncode:
        what = f"GitOps: commits can't be signed with {key}: {last_line(done.stderr)}."
        remedy = 'Make one without a passphrase, and set PENSTOCK_GITOPS_SIGNING_KEY_FILE: ssh-keygen -t ed25519 -N "" -f signing'
        return Finding("bad", what, remedy)
    public = " ".join(done.stdout.split()[:2])
    return Finding("good", f"GitOps: commits are signed; the bot's account has to have the signing key {public}.")


def _names(grants: Sequence[tuple[str, str]], host: str, heard_of: Sequence[Repository]) -> list[str]:
    wanted = [what for who, what in grants if matches(who.partition(":")[0], host)]
    plain = [what for what in wanted if not set(what) & set("*?[{")]
    return sorted(
        {*plain, *(one.full_name for one in heard_of if any(matches(what, one.full_name) for what in wanted))}
    )


async def _of_host(host: ConfiguredHost, names: Sequence[str]) -> list[Finding]:
    provider = provider_of(host, SystemClock())
    try:
        async with _branches(host.settings) as branches:
            return list(await asyncio.gather(*(_of_repository(host, provider, branches, name) for name in names)))
    finally:
        await provider.close()


async def _of_repository(host: ConfiguredHost, provider: Provider, branches: Branches, name: str) -> Finding:
    what = f"GitOps: {name} on {host.name}"
    try:
        found = await provider.find(name)
        if found is None:
            remedy = f"Mend the name in PENSTOCK_GITOPS_REPOSITORIES, or let the bot in. {REMEDY[host.kind]}"
            return Finding("bad", f"{what}: there is no such repository that the bot may see.", remedy)
        async with branches.open(await provider.contributing.remote(found.repository), ()) as opened:
            await opened.try_push()
    except HostRefused as refused:
        return Finding("bad", f"{what}: {refused}", REMEDY[host.kind])
    except HostUnavailable as error:
        return Finding("warning", f"{what}: whether the bot may push there is not known: {error}", "Try again later.")
    return Finding("good", f"{what}: the bot may push there.")


@asynccontextmanager
async def _branches(settings: Settings) -> AsyncIterator[Branches]:
    async def nowhere(repository: Repository) -> GitRemote:
        raise HostRefused(f"{repository.full_name} is not fetched here")

    with TemporaryDirectory() as folder:
        sources = MirrorSources(Path(folder, "mirrors"), nowhere, environment=for_git(settings))
        try:
            yield sources.branches(Path(folder, "branches"))
        finally:
            await sources.close()
