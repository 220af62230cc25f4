"""Objects of one cluster: the API's paths, verbs and answers (https://kubernetes.io/docs/reference/using-api/api-concepts/)."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from bot.clusters.connection import APPLY, Connection
from bot.model.cluster_deployment import Body, ObjectRef
from bot.ports import FIELD_MANAGER, Kind, ObjectRefused

_GONE = 404
_CONFLICT = 409
_WATCH = 60
"""Seconds that one watch lasts; then it is looked again, whatever was heard."""


class ApiSession:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kinds: dict[str, dict[str, Kind]] = {}

    async def kind(self, api_version: str, kind: str) -> Kind | None:
        if kind not in self._kinds.get(api_version, {}):  # a definition may have come meanwhile
            self._kinds[api_version] = await self._discovered(api_version)
        return self._kinds[api_version].get(kind)

    async def apply(self, ref: ObjectRef, body: Body, *, force: bool, dry_run: bool = False) -> dict[str, Any]:
        query = [("fieldManager", FIELD_MANAGER), ("force", str(force).lower())]
        if dry_run:
            query.append(("dryRun", "All"))
        found: dict[str, Any] = await self._connection.ask("PATCH", await self._path(ref), query, dict(body), APPLY)
        return found

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        if await self.kind(ref.api_version, ref.kind) is None:
            return None
        try:
            found: dict[str, Any] = await self._connection.ask("GET", await self._path(ref))
        except ObjectRefused as refused:
            if refused.status == _GONE:
                return None
            raise
        return found

    async def list(
        self, api_version: str, kind: str, namespace: str, *, labels: str = "", fields: str = ""
    ) -> Sequence[dict[str, Any]]:
        if await self.kind(api_version, kind) is None:
            return ()
        path = await self._path(ObjectRef(api_version, kind, namespace, ""))
        query = [*([("labelSelector", labels)] if labels else []), *([("fieldSelector", fields)] if fields else [])]
        found: list[dict[str, Any]] = []
        following = ""
        while True:
            page = [("limit", "500"), *([("continue", following)] if following else [])]
            answer = await self._connection.ask("GET", path, [*query, *page])
            found += answer.get("items") or ()
            following = (answer.get("metadata") or {}).get("continue") or ""
            if not following:
                return found

    async def delete(self, ref: ObjectRef, uid: str) -> None:
        if await self.kind(ref.api_version, ref.kind) is None:
            return
        # Jobs made by old clients would orphan their pods; in the background is what kubectl asks for.
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            await self._connection.ask("DELETE", await self._path(ref), (), options)
        except ObjectRefused as refused:
            if refused.status not in (_GONE, _CONFLICT):  # another of that name, which is not ours
                raise

    async def watch(self, ref: ObjectRef, version: str) -> AsyncIterator[dict[str, Any] | None]:
        path = await self._path(ObjectRef(ref.api_version, ref.kind, ref.namespace, ""))
        query = [
            ("watch", "true"),
            ("fieldSelector", f"metadata.name={ref.name}"),
            ("resourceVersion", version),
            ("timeoutSeconds", str(_WATCH)),
        ]
        async for event in self._connection.lines(path, query, _WATCH + 10.0):
            match event.get("type"):
                case "ADDED" | "MODIFIED":
                    yield event["object"]
                case "DELETED":
                    yield None
                case "ERROR":  # 410: what has happened since that version is known no more
                    return

    async def close(self) -> None:
        await self._connection.close()

    async def _discovered(self, api_version: str) -> dict[str, Kind]:
        try:
            answer = await self._connection.ask("GET", _root(api_version))
        except ObjectRefused as refused:
            if refused.status == _GONE:
                return {}
            raise
        return {
            each["kind"]: Kind(each["name"], bool(each["namespaced"]), frozenset(each.get("verbs") or ()))
            for each in answer.get("resources") or ()
            if "/" not in each["name"]
        }

    async def _path(self, ref: ObjectRef) -> str:
        """Of a whole kind where the name is "". Raises ObjectRefused for a kind that the cluster does not know."""
        kind = await self.kind(ref.api_version, ref.kind)
        if kind is None:
            raise ObjectRefused(_GONE, f"the cluster knows no {ref.kind} of {ref.api_version}")
        within = f"/namespaces/{quote(ref.namespace, safe='')}" if kind.namespaced and ref.namespace else ""
        name = f"/{quote(ref.name, safe='')}" if ref.name else ""
        return f"{_root(ref.api_version)}{within}/{kind.plural}{name}"


def _root(api_version: str) -> str:
    return f"/apis/{quote(api_version)}" if "/" in api_version else f"/api/{quote(api_version)}"
