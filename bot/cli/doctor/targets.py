"""`penstock doctor` about deployment targets and balancers: whether each is reached, is whom it should be, and may be deployed to."""

import asyncio
import shlex
from collections.abc import Iterator
from pathlib import Path

from bot.cli.doctor.finding import Finding
from bot.composition.deployments import targets_state
from bot.ports import TargetLost
from bot.settings import Settings
from bot.targets.inventory import Entry
from bot.targets.looking import Fit, Looked, LookedBalancer, look
from bot.targets.operator_file import OperatorFileInvalid
from bot.targets.ssh import NotKnown

ROOM = 1 << 30


def of_targets(settings: Settings) -> Iterator[Finding]:
    """A line each, in the order of the file."""
    if settings.targets_file is None:
        return
    try:
        found = asyncio.run(look(settings.targets_file, targets_state(settings.data_dir.absolute())))
    except OperatorFileInvalid as error:
        for line in str(error).splitlines():
            yield Finding("bad", f"Targets: {line}", "Mend PENSTOCK_TARGETS_FILE: docs/deployments.md describes it.")
        return
    for looked in found.targets:
        yield from _of_target(looked, settings.targets_file)
    for one in found.balancers:
        yield _of_balancer(one, settings.targets_file)


def _of_target(looked: Looked, file: Path) -> Iterator[Finding]:
    entry, fit = looked.entry, looked.fit
    name = f"Target {looked.name}"
    if isinstance(fit, NotKnown):
        known = entry.known_hosts or "~/.ssh/known_hosts"
        found = f"ssh-keyscan -p {entry.port} {entry.address} >> {known}"
        yield Finding(
            "bad", f"{name}: {fit}", f"{found}, and compare the key with the machine's own before you use it."
        )
    elif not isinstance(fit, Fit):
        yield Finding("bad", f"{name}: {fit}", f"Try it as the bot's user: {_by_hand(entry)}, and mend {file}.")
    elif fit.system != "Linux":
        yield Finding("bad", f"{name}: it runs {fit.system}.", "Deployments are to Linux: take it out of the file.")
    else:
        for folder in fit.unwritable:
            remedy = f"mkdir -p {folder} && chown {fit.user} {folder}, or name another as `directory` or `state`."
            yield Finding("bad", f"{name}: {fit.user} can't write to {folder}.", remedy)
        if fit.free < ROOM:
            remedy = "Make room, or name another place as `state`: the last five revisions are kept there."
            yield Finding("warning", f"{name}: {fit.free >> 20} MiB are free where revisions are kept.", remedy)
        if not fit.unwritable:
            yield Finding("good", f"{name}: {_where(entry, fit)}, Python {fit.python}; {runas(fit)}.")


def _of_balancer(looked: LookedBalancer, file: Path) -> Finding:
    balancer, weights = looked.balancer, looked.weights
    name = f"Balancer {looked.name} on {balancer.target}"
    if isinstance(weights, TargetLost):
        by_hand = (
            f"Try `{shlex.join(balancer.test)}` there as the bot's user, and mend nginx's configuration or {file}."
        )
        return Finding("bad", f"{name}: {weights}", by_hand)
    if not weights:
        remedy = f"Have nginx include it where it has its `upstream`s: `include {balancer.file};`. The first deployment writes it."
        return Finding("warning", f"{name}: there is no {balancer.file} yet.", remedy)
    shares = sum(weights.values())
    if not shares:
        return Finding("warning", f"{name}: no server gets any traffic.", "The next deployment that succeeds gives it.")
    words = ", ".join(f"{server} {_percent(weight, shares)}" for server, weight in weights.items())
    return Finding("good", f"{name}: {words}.")


def _percent(weight: int, of: int) -> str:
    return f"{100 * weight / of:.3g} %"


def _where(entry: Entry, fit: Fit) -> str:
    return f"this machine, as {fit.user}" if entry.local else f"{fit.user} at {entry.address}"


def runas(fit: Fit) -> str:
    """What `runas` of hooks can ask for (HOK-3)."""
    if fit.closed and (fit.root or fit.sudo):
        return f"scripts can run as {fit.user} alone, since others may not enter {fit.closed} (name another `state` for `runas`)"
    if fit.root:
        return "scripts can run as anybody"
    if fit.sudo:
        return "scripts can run as anybody, by sudo"
    return f"scripts can run as {fit.user} alone, since sudo wants a password"


def _by_hand(entry: Entry) -> str:
    if entry.local:
        return f"{entry.python} --version"
    words = ["ssh", "-p", str(entry.port), "-i", str(entry.key_file), f"{entry.user}@{entry.address}"]
    return shlex.join([*words, entry.python, "--version"])
