"""The pipeline and the revisions that deployments of these tests are of."""

import asyncio
from pathlib import Path

from tests.deploying.conftest import APP


def pipeline(deploy: str = "appspec.yml", more: str = "") -> str:
    return f"stages: [{{name: prod, actions: [{{name: go, deploy: {deploy}{more}}}]}}]\n"


def script(text: str) -> str:
    return f"#!/bin/sh\n{text}\n"


async def appears(file: Path) -> None:
    while not file.exists():  # noqa: ASYNC110  a file tells nobody that it has come
        await asyncio.sleep(0.02)


HOOKS = (
    "hooks:\n"
    "  ApplicationStop: [{location: hooks/stop.sh}]\n"
    "  BeforeInstall: [{location: hooks/show.sh}]\n"
    "  AfterInstall: [{location: hooks/show.sh}]\n"
    "  ApplicationStart: [{location: hooks/show.sh}]\n"
    "  ValidateService: [{location: hooks/check.sh}]\n"
)


def revision(name: str, check: str = "exit 0") -> dict[str, str]:
    show = 'echo "$LIFECYCLE_EVENT $DEPLOYMENT_ID $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME ${BUNDLE_COMMIT:+commit} $EXTRA"'
    return {
        "appspec.yml": APP + HOOKS,
        "app/version": name,
        "hooks/stop.sh": script(f"echo stopping {name}"),
        "hooks/show.sh": script(show),
        "hooks/check.sh": script(check),
    }
