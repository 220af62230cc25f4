"""What a target is told: the appspec as plain data, and the environment of its scripts (section 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bot.actions.deploying.identity import Group, group_of
from bot.appspec import placed
from bot.core.variables import resolver, substitute
from bot.model.appspec import LONGEST_EVENT, Appspec, Existing, Script
from bot.model.deployment import Deployment, Releases
from bot.ports import ActionContext


def spec_of(
    appspec: Appspec,
    existing: Existing,
    releases: Releases | None = None,
    release: str = "",
) -> Mapping[str, Any]:
    """As the agent reads it. `existing` counts where the file says nothing (INS-9). `release` names the one to be made, or to be gone back to."""
    if releases is not None:
        appspec = placed(appspec, releases, release)
    return {
        "releases": None if releases is None else _releases(releases, release),
        "files": [[each.source, each.destination] for each in appspec.files],
        "existing": (appspec.existing or existing).value,
        "permissions": [
            {
                "object": each.object,
                "pattern": each.pattern,
                "except": list(each.exceptions),
                "owner": each.owner,
                "group": each.group,
                "mode": each.mode,
                "acls": list(each.acls),
                "context": asdict(each.context) if each.context else None,
                "types": list(each.types),
            }
            for each in appspec.permissions
        ],
        "hooks": {event.value: [_script(each) for each in scripts] for event, scripts in appspec.hooks.items()},
    }


def _releases(releases: Releases, release: str) -> Mapping[str, Any]:
    return {**asdict(releases), "shared": list(releases.shared), "release": release, "never": []}


def sparing(spec: Mapping[str, Any], releases: Sequence[str]) -> Mapping[str, Any]:
    """With releases that are kept however old they are."""
    told = spec["releases"]
    return spec if told is None else {**spec, "releases": {**told, "never": [name for name in releases if name]}}


def _script(script: Script) -> Mapping[str, Any]:
    return {
        "location": script.location,
        "timeout": min(script.timeout, LONGEST_EVENT),
        "runas": script.runas,
        "sudo": script.sudo,
    }


def environment(deployment: Deployment, group: Group, env: Mapping[str, str]) -> Mapping[str, str]:
    """Of every script; its event's name is added where it runs. `env` is the action's own, which is weaker than the documented ones."""
    bundle = deployment.bundle
    origin = {"BUNDLE_KEY": bundle.artifact} if bundle.artifact else {}
    return {
        **env,
        "DEPLOYMENT_ID": deployment.id,
        "APPLICATION_NAME": group.application,
        "DEPLOYMENT_GROUP_NAME": group.name,
        "DEPLOYMENT_GROUP_ID": deployment.group,
        "BUNDLE_COMMIT": bundle.commit,
        **origin,
    }


def environment_for(deployment: Deployment, context: ActionContext) -> Mapping[str, str]:
    """With the action's own `env`, references filled in. Raises Unresolved."""
    value = resolver(context.pipeline, context.execution)
    env = {name: substitute(text, value) for name, text in context.action.env.items()}
    return environment(deployment, group_of(context), env)
