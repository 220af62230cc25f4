"""Deployments in words: what is deployed to has the name that people of its kind give it."""

from dataclasses import replace

import pytest

from bot.messages.deployments import deployment_lines, deployment_words, progress_words, targets_named
from bot.model.deployment import (
    Bundle,
    Creator,
    Deployment,
    DeploymentKind,
    DeploymentStatus,
    Manifests,
    TargetRun,
    TargetStatus,
)
from bot.stores import codec

RUNS = tuple(TargetRun(f"n{number}", TargetStatus.FAILED, message="no") for number in range(7))
SERVERS = Deployment(
    "d-1", "g", "e", "prod", "go", 1, Bundle("c", ""), 0.0, status=DeploymentStatus.IN_PROGRESS, targets=RUNS
)
CLUSTER = replace(SERVERS, manifests=Manifests(("k8s/**",), "main"))


@pytest.mark.parametrize(
    ("deployment", "kind", "words", "noun"),
    [
        (SERVERS, DeploymentKind.SERVERS, "d-1 to 7 targets: 7 failed", "target"),
        (CLUSTER, DeploymentKind.CLUSTER, "d-1 of 7 objects to main: 7 failed", "object"),
        (
            replace(CLUSTER, creator=Creator.ROLLBACK, rollback_of="d-0", targets=RUNS[:1]),
            DeploymentKind.CLUSTER,
            "d-1 rolls back d-0 of 1 object to main: 1 failed",
            "object",
        ),
    ],
)
def test_targets_have_the_name_of_their_kind(
    deployment: Deployment, kind: DeploymentKind, words: str, noun: str
) -> None:
    """Records of earlier versions say it, too: it follows from what they hold."""
    assert codec.DEPLOYMENT.decode(codec.DEPLOYMENT.encode(deployment)).kind is kind
    assert deployment_words(deployment) == words
    assert f" {noun}" in next(progress_words([deployment], "prod"))
    assert targets_named(deployment) == f"{noun.capitalize()}s"
    if len(deployment.targets) > 5:
        assert list(deployment_lines([deployment]))[-1] == f"and 2 more {noun}s"
