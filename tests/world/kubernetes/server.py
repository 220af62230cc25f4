"""The API server's paths, verbs, selectors and rights (https://kubernetes.io/docs/reference/using-api/api-concepts/)."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import yaml
from aiohttp import web

from tests.world.kubernetes.controllers import Controllers
from tests.world.kubernetes.kinds import Body, Known
from tests.world.kubernetes.objects import Objects, Refused
from tests.world.kubernetes.selectors import selected

TOKEN = "cluster-token"
USER = "penstock"
APPLY = "application/apply-patch+yaml"
_ANY = {"pretty", "fieldManager", "force", "dryRun", "labelSelector", "fieldSelector", "limit", "continue"}
_QUERIES = _ANY | {"watch", "resourceVersion", "timeoutSeconds"}


class Cluster:
    """`forbidden` are pairs of verb and plural that the bot's account may not do. `faults` are the answers to the next requests. `asked` is
    every request that was let in.
    """

    def __init__(self) -> None:
        self.objects = Objects()
        self.controllers = Controllers(self.objects)
        self.forbidden: set[tuple[str, str]] = set()
        self.faults: list[int] = []
        self.asked: list[str] = []
        self.oldest = 0
        self.token = TOKEN
        self.url = ""
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def close(self) -> None:
        await self._stack.aclose()

    def kubeconfig(self, path: Path) -> Path:
        named = {
            "clusters": [{"name": "here", "cluster": {"server": self.url}}],
            "users": [{"name": "bot", "user": {"token": self.token}}],
            "contexts": [{"name": "main", "context": {"cluster": "here", "user": "bot"}}],
        }
        path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "main", **named}))
        return path

    def find(self, group_version: str, plural: str, namespace: str, name: str) -> Body | None:
        try:
            return self.objects.get(self.objects.known_kind(group_version, plural), namespace, name)
        except Refused:
            return None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.faults:
            status = self.faults.pop(0)
            if status == 0:
                assert request.transport is not None
                request.transport.abort()
            return web.json_response({}, status=status or 500)
        try:
            return await self._routed(request, self._user(request))
        except Refused as refused:
            return web.json_response(refused.body, status=refused.code)

    def _user(self, request: web.Request) -> str:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refused(401, "Unauthorized", "Unauthorized")
        return request.headers.get("Impersonate-User", USER)

    async def _routed(self, request: web.Request, user: str) -> web.StreamResponse:
        if unknown := set(request.query) - _QUERIES:
            raise Refused(400, "BadRequest", f"queries that deployments have no use for: {unknown}")
        match = re.fullmatch(r"/(?:api/(v1)|apis/([^/]+/[^/]+))(?:/(.*))?", request.path)
        if match is None:
            raise Refused(404, "NotFound", "the server could not find the requested resource", {})
        version, rest = match[1] or match[2], (match[3] or "").split("/") if match[3] else []
        if not rest:
            return self._discovery(version)
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        known, name = self.objects.known_kind(version, rest[0]), rest[1] if len(rest) > 1 else ""
        verb = self._verb(request, name)
        self._permit(user, verb, known, namespace, name)
        self.asked.append(f"{verb} {known.plural} {namespace}/{name}")
        match verb:
            case "get":
                return web.json_response(self.objects.get(known, namespace, name))
            case "list":
                return self._list(request, known, namespace)
            case "watch":
                return await self._watch(request, known, namespace)
            case "patch":
                return await self._apply(request, known, namespace, name)
        options = json.loads(await request.read() or b"{}")
        uid = (options.get("preconditions") or {}).get("uid", "")
        self.objects.delete(known, namespace, name, uid)
        return web.json_response({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})

    def _verb(self, request: web.Request, name: str) -> str:
        match request.method:
            case "GET" if name:
                return "get"
            case "GET":
                return "watch" if request.query.get("watch") in ("true", "1") else "list"
            case "PATCH" if name:
                return "patch"
            case "DELETE" if name:
                return "delete"
        raise Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})

    def _permit(self, user: str, verb: str, known: Known, namespace: str, name: str) -> None:
        if user == USER and (verb, known.plural) not in self.forbidden:
            return
        plural = f"{known.plural}.{known.group}" if known.group else known.plural
        what = f'{plural} "{name}"' if name else plural
        where = f' in the namespace "{namespace}"' if known.namespaced and namespace else " at the cluster scope"
        message = f'{what} is forbidden: User "{user}" cannot {verb} resource "{known.plural}" in API group "{known.group}"{where}'
        details = {
            **({"name": name} if name else {}),
            **({"group": known.group} if known.group else {}),
            "kind": known.plural,
        }
        raise Refused(403, "Forbidden", message, details)

    def _discovery(self, version: str) -> web.Response:
        resources = [each.resource for each in self.objects.known.values() if each.group_version == version]
        if not resources:
            return web.Response(status=404, text="404 page not found\n")
        return web.json_response({"kind": "APIResourceList", "groupVersion": version, "resources": resources})

    async def _apply(self, request: web.Request, known: Known, namespace: str, name: str) -> web.Response:
        if request.content_type != APPLY:
            raise Refused(
                415,
                "UnsupportedMediaType",
                f"the body of the request was in an unknown format - accepted media types include: {APPLY}",
                {},
            )
        manager = request.query.get("fieldManager")
        if not manager:
            cause = {
                "reason": "FieldValueRequired",
                "message": "Required value: is required for apply patch",
                "field": "fieldManager",
            }
            message = (
                'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
            )
            raise Refused(422, "Invalid", message, {"group": "meta.k8s.io", "kind": "PatchOptions", "causes": [cause]})
        force, dry = request.query.get("force") == "true", request.query.get("dryRun") == "All"
        made, body = self.objects.apply(known, namespace, name, await request.json(), manager, force=force, dry=dry)
        return web.json_response(body, status=201 if made else 200)

    def _list(self, request: web.Request, known: Known, namespace: str) -> web.Response:
        items = [each for each in self.objects.listed(known, namespace) if selected(each, request.query)]
        at, limit = int(request.query.get("continue") or 0), int(request.query.get("limit") or 0) or len(items)
        rest = str(at + limit) if at + limit < len(items) else ""
        metadata = {"resourceVersion": self.objects.version, **({"continue": rest} if rest else {})}
        body = {"kind": f"{known.kind}List", "apiVersion": known.group_version, "metadata": metadata}
        return web.json_response({**body, "items": items[at : at + limit]})

    async def _watch(self, request: web.Request, known: Known, namespace: str) -> web.StreamResponse:
        seen = int(request.query.get("resourceVersion") or 0)
        answer = web.StreamResponse()
        answer.content_type = "application/json"
        await answer.prepare(request)
        if 0 < seen < self.oldest:
            status = Refused(410, "Expired", f"too old resource version: {seen} ({self.oldest})").body
            await answer.write(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
            return answer
        if seen == 0:  # whatever there is now comes first
            seen = int(self.objects.version)
            for body in self.objects.listed(known, namespace):
                if selected(body, request.query):
                    await answer.write(json.dumps({"type": "ADDED", "object": body}).encode() + b"\n")
        try:
            async with asyncio.timeout(float(request.query.get("timeoutSeconds") or 1800)):
                while True:
                    for version, of, kind, body in list(self.objects.events):
                        here = namespace in ("", body["metadata"].get("namespace", ""))
                        if version > seen and of == known and here and selected(body, request.query):
                            await answer.write(json.dumps({"type": kind, "object": body}).encode() + b"\n")
                    seen = int(self.objects.version)
                    async with self.objects.news:
                        while int(self.objects.version) <= seen:
                            await self.objects.news.wait()
        except (TimeoutError, ConnectionResetError):
            return answer
