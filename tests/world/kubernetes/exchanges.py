"""What deployments ask of an API server, as a script of requests: a real server's answers are recorded (`record`), and the fake's are held against them.

`python -m tests.world.kubernetes.exchanges KUBECONFIG` records anew, in a namespace of its own, which is deleted again.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

RECORDED = Path(__file__).with_name("recorded.json")
SPACE = "penstock-exchanges"
NOBODY = "system:serviceaccount:penstock-exchanges:nobody"
_APPLY = "application/apply-patch+yaml"
_CORE, _APPS = f"/api/v1/namespaces/{SPACE}", f"/apis/apps/v1/namespaces/{SPACE}"


@dataclass(frozen=True)
class Ask:
    """`name` says what it is about. `user`: somebody else, with no rights."""

    name: str
    method: str
    path: str
    query: str = ""
    body: Mapping[str, Any] | None = None
    user: str = ""


def _config_map(name: str, **fields: Any) -> Mapping[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"team": "till"}}, **fields}


def _deployment(replicas: object, label: str = "web", **more: Any) -> Mapping[str, Any]:
    pod = {"containers": [{"name": "app", "image": "acme/web:1"}]}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, **more}
    spec["template"] = {"metadata": {"labels": {"app": label}}, "spec": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def _job(image: str) -> Mapping[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "once", "image": image}]}
    spec = {"backoffLimit": 0, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": spec}


_MINE, _OTHER = "fieldManager=penstock&force=false", "fieldManager=other&force=false"

SCRIPT: Sequence[Ask] = (
    Ask("a kind is found", "GET", "/apis/apps/v1"),
    Ask("a group that is not there", "GET", "/apis/penstock-nowhere.example/v1"),
    Ask(
        "a namespace is made",
        "PATCH",
        f"/api/v1/namespaces/{SPACE}",
        _MINE,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
    ),
    Ask("an object is made", "PATCH", f"{_CORE}/configmaps/a", _MINE, _config_map("a", data={"x": "1", "y": "1"})),
    Ask("the same again", "PATCH", f"{_CORE}/configmaps/a", _MINE, _config_map("a", data={"x": "1", "y": "1"})),
    Ask("another manager's field", "PATCH", f"{_CORE}/configmaps/a", _OTHER, _config_map("a", data={"x": "2"})),
    Ask("two of them", "PATCH", f"{_CORE}/configmaps/a", _OTHER, _config_map("a", data={"x": "2", "y": "2"})),
    Ask("a field shared", "PATCH", f"{_CORE}/configmaps/a", _OTHER, _config_map("a", data={"x": "1"})),
    Ask(
        "a field left out that nobody else has",
        "PATCH",
        f"{_CORE}/configmaps/a",
        _MINE,
        _config_map("a", data={"x": "1"}),
    ),
    Ask(
        "a field taken over",
        "PATCH",
        f"{_CORE}/configmaps/a",
        _MINE.replace("false", "true"),
        _config_map("a", data={"x": "3"}),
    ),
    Ask(
        "tried, and not made",
        "PATCH",
        f"{_CORE}/configmaps/b",
        f"{_MINE}&dryRun=All",
        _config_map("b", data={"x": "1"}),
    ),
    Ask("what was only tried is not there", "GET", f"{_CORE}/configmaps/b"),
    Ask("no manager", "PATCH", f"{_CORE}/configmaps/b", "", _config_map("b")),
    Ask(
        "a namespace that is not there",
        "PATCH",
        "/api/v1/namespaces/penstock-nowhere/configmaps/a",
        _MINE,
        _config_map("a"),
    ),
    Ask("a name that is not the path's", "PATCH", f"{_CORE}/configmaps/c", _MINE, _config_map("a")),
    Ask("an unknown field", "PATCH", f"{_CORE}/configmaps/c", _MINE, _config_map("c", dat={})),
    Ask("a number for a text", "PATCH", f"{_CORE}/configmaps/c", _MINE, _config_map("c", data={"x": 3})),
    Ask("listed by label", "GET", f"{_CORE}/configmaps", "labelSelector=team%3Dtill"),
    Ask("listed by another", "GET", f"{_CORE}/configmaps", "labelSelector=team%3Dshop"),
    Ask("listed by name", "GET", f"{_CORE}/configmaps", "fieldSelector=metadata.name%3Da"),
    Ask("a deployment", "PATCH", f"{_APPS}/deployments/web", _MINE, _deployment(2)),
    Ask("a deployment changed", "PATCH", f"{_APPS}/deployments/web", _MINE, _deployment(3)),
    Ask("a text for a number", "PATCH", f"{_APPS}/deployments/web", _MINE, _deployment("3")),
    Ask("an unknown field of a spec", "PATCH", f"{_APPS}/deployments/web", _MINE, _deployment(3, replica=3)),
    Ask("a selector that does not select", "PATCH", f"{_APPS}/deployments/web", _MINE, _deployment(3, "shop")),
    Ask("a job", "PATCH", f"/apis/batch/v1/namespaces/{SPACE}/jobs/once", _MINE, _job("acme/once:1")),
    Ask("no rights to list", "GET", f"{_CORE}/configmaps", user=NOBODY),
    Ask("no rights to one", "PATCH", f"{_CORE}/configmaps/a", _MINE, _config_map("a"), user=NOBODY),
    Ask("no rights to a kind of a group", "GET", f"{_APPS}/deployments", user=NOBODY),
    Ask("no rights without a namespace", "GET", "/api/v1/namespaces", user=NOBODY),
    Ask(
        "watched",
        "GET",
        f"{_CORE}/configmaps",
        "watch=true&resourceVersion=0&timeoutSeconds=1&fieldSelector=metadata.name%3Da",
    ),
    Ask("another of that name", "DELETE", f"{_CORE}/configmaps/a", "", {"preconditions": {"uid": "other"}}),
    Ask("deleted", "DELETE", f"{_CORE}/configmaps/a", "", {"propagationPolicy": "Background"}),
    Ask("deleted again", "DELETE", f"{_CORE}/configmaps/a", "", {"propagationPolicy": "Background"}),
)


async def told(session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], ask: Ask) -> dict[str, Any]:
    """The essence of the answer: what no two servers may differ in."""
    given = {
        **headers,
        "Content-Type": _APPLY if ask.method == "PATCH" else "application/json",
        **({"Impersonate-User": ask.user} if ask.user else {}),
    }
    where = f"{url}{ask.path}{'?' if ask.query else ''}{ask.query}"
    data = json.dumps(ask.body) if ask.body is not None else None
    async with session.request(ask.method, where, headers=given, data=data) as answer:
        text = await answer.text()
    if "watch=true" in ask.query:
        lines = [json.loads(line) for line in text.splitlines()]
        return {
            "status": answer.status,
            "events": [[line["type"], line["object"]["metadata"]["name"]] for line in lines],
        }
    if answer.content_type != "application/json":
        return {"status": answer.status, "text": text.strip()}
    return {"status": answer.status, **_essence(json.loads(text), ask.body or {})}


def _essence(found: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    if found.get("kind") == "Status":
        causes = [
            [each.get("reason"), each["message"], each["field"]] for each in found.get("details", {}).get("causes", ())
        ]
        told = {"reason": found.get("reason", ""), "message": _without_uids(found.get("message", ""))}
        return {**told, **({"causes": sorted(causes)} if causes else {})} if found["status"] == "Failure" else {}
    if found.get("kind") == "APIResourceList":
        wanted = ("deployments", "replicasets", "statefulsets")
        return {
            "kinds": sorted([r["name"], r["kind"], r["namespaced"]] for r in found["resources"] if r["name"] in wanted)
        }
    if "items" in found:
        return {
            "items": sorted(each["metadata"]["name"] for each in found["items"] if each["metadata"]["name"] in "abc")
        }
    metadata = found["metadata"]
    managers = sorted({each["manager"] for each in metadata.get("managedFields", ()) if each["operation"] == "Apply"})
    generation = (
        {"generation": metadata["generation"]} if found["kind"] == "Deployment" and "generation" in metadata else {}
    )
    return {"managers": managers, **generation, "body": _within(found, asked)}


def _within(found: Any, asked: Any) -> Any:
    """What was asked for, as it came back; of data all of it."""
    if isinstance(asked, Mapping) and isinstance(found, Mapping):
        return {key: found.get(key) if key == "data" else _within(found.get(key), asked[key]) for key in asked}
    if isinstance(asked, list) and isinstance(found, list):
        return [_within(here, there) for here, there in zip(found, asked, strict=False)]
    return found


def _without_uids(message: str) -> str:
    before, _, rest = message.partition("in record (")
    return f"{before}in record (…){rest.partition(')')[2]}" if rest else message


async def record(kubeconfig: Path) -> list[dict[str, Any]]:
    """A real server's answers, in the order of the script; what it made is deleted."""
    from kubernetes_asyncio import client, config  # noqa: PLC0415  of a tool, not of the suite

    configuration = client.Configuration()
    await config.load_kube_config(str(kubeconfig), client_configuration=configuration, persist_config=False)
    async with client.ApiClient(configuration) as api:
        headers: dict[str, str] = {"Accept": "application/json"}
        await api.update_params_for_auth(headers, [], ["BearerToken"])
        session = api.rest_client.pool_manager
        try:
            return [await told(session, str(configuration.host), headers, ask) for ask in SCRIPT]
        finally:
            async with session.delete(f"{configuration.host}/api/v1/namespaces/{SPACE}", headers=headers):
                pass


if __name__ == "__main__":
    recorded = asyncio.run(record(Path(sys.argv[1])))
    RECORDED.write_text(
        json.dumps([{"ask": a.name, **r} for a, r in zip(SCRIPT, recorded, strict=True)], indent=1) + "\n"
    )
