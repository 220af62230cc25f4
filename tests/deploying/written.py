"""Manifests as commits have them, and the pipeline that deploys them."""

from collections.abc import Mapping
from typing import Any

import yaml

from tests.world.kubernetes.kinds import Body


def deployment(name: str = "web", image: str = "acme/web:1", **spec: Any) -> Body:
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    own = {"selector": {"matchLabels": {"app": name}}, "template": pod, "replicas": 2, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": own}


def config_map(name: str, **data: object) -> Body:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def written(*bodies: Mapping[str, Any]) -> dict[str, str]:
    return {"k8s/all.yaml": yaml.safe_dump_all(bodies)}


def pipeline(more: str = "") -> str:
    return f'stages: [{{name: prod, actions: [{{name: go, deploy: {{manifests: "k8s/**"{more}}}}}]}}]\n'
