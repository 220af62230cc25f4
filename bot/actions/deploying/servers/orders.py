"""What a target is told: the appspec as plain data, and the environment of its scripts (section 7)."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.model.appspec import LONGEST_EVENT, Appspec, Existing, Script
from bot.model.server_deployment import ServerDeployment


def spec_of(appspec: Appspec, existing: Existing) -> Mapping[str, Any]:
    """As the agent reads it. `existing` counts where the file says nothing (INS-9)."""
    return {
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


def _script(script: Script) -> Mapping[str, Any]:
    return {
        "location": script.location,
        "timeout": min(script.timeout, LONGEST_EVENT),
        "runas": script.runas,
        "sudo": script.sudo,
    }


def environment(
    deployment: ServerDeployment, application: str, group: str, env: Mapping[str, str]
) -> Mapping[str, str]:
    """Of every script; its event's name is added where it runs. `env` is the action's own, which is weaker than the documented ones."""
    bundle = deployment.bundle
    origin = {"BUNDLE_KEY": bundle.artifact} if bundle.artifact else {}
    return {
        **env,
        "DEPLOYMENT_ID": deployment.id,
        "APPLICATION_NAME": application,
        "DEPLOYMENT_GROUP_NAME": group,
        "DEPLOYMENT_GROUP_ID": deployment.group,
        "BUNDLE_COMMIT": bundle.commit,
        **origin,
    }
