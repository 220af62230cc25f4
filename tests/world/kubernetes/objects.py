"""The objects of the fake cluster: kept, applied, deleted and watched, with versions and errors as an API server has them."""

import asyncio
import copy
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.world.kubernetes.kinds import BUILT_IN, Body, Known, defined_by, invalid, outside_schema
from tests.world.kubernetes.ownership import Path, merged, owned, shown

Key = tuple[str, str, str]
"""Plural with group, namespace, name."""


class Refused(Exception):
    """A Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/"""

    def __init__(self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.body: Body = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
        }
        self.body |= {
            "code": code,
            **({"reason": reason} if reason else {}),
            **({"details": details} if details else {}),
        }


class Objects:
    """`changed` is called after each change, to let controllers act."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Known] = {(each.group_version, each.plural): each for each in BUILT_IN}
        self._bodies: dict[Key, Body] = {}
        self._managers: dict[Key, dict[str, dict[Path, Any]]] = {}
        self._version = 100
        self.events: list[tuple[int, Known, str, Body]] = []
        self.news = asyncio.Condition()
        self.changed: Callable[[Known, Body], None] = lambda _known, _body: None
        self.put(self.known["v1", "namespaces"], {"metadata": {"name": "default"}})

    def known_kind(self, group_version: str, plural: str) -> Known:
        if (group_version, plural) not in self.known:
            raise Refused(404, "NotFound", "the server could not find the requested resource", {})
        return self.known[group_version, plural]

    def get(self, known: Known, namespace: str, name: str) -> Body:
        found = self._bodies.get(_key(known, namespace, name))
        if found is None:
            raise _not_found(known, name)
        return copy.deepcopy(found)

    def listed(self, known: Known, namespace: str) -> Iterator[Body]:
        for (plural, space, _), body in sorted(self._bodies.items()):
            if plural == _plural(known) and namespace in ("", space):
                yield copy.deepcopy(body)

    @property
    def version(self) -> str:
        return str(self._version)

    def apply(
        self, known: Known, namespace: str, name: str, body: Body, manager: str, *, force: bool, dry: bool
    ) -> tuple[bool, Body]:
        """Whether it was made, and what it is now. Raises Refused."""
        self._acceptable(known, namespace, name, body)
        key = _key(known, namespace, name)
        before = self._bodies.get(key)
        others = {each: fields for each, fields in self._managers.get(key, {}).items() if each != manager}
        wanted = owned(body)
        conflicts = [
            (each, path)
            for path, value in wanted.items()
            for each, fields in others.items()
            if path in fields and _value(before or {}, path, fields[path]) != value
        ]
        if conflicts and not force:
            raise _conflict(conflicts)
        mine = self._managers.get(key, {}).get(manager, {})
        dropped = {
            path for path in mine if path not in wanted and not any(path in fields for fields in others.values())
        }
        result = merged(before or {}, body, dropped)
        if causes := invalid(known, result, before):
            raise _invalid(known, name, causes)
        taken = {
            each: {p: v for p, v in fields.items() if (each, p) not in conflicts} for each, fields in others.items()
        }
        managers = {**taken, manager: wanted}
        if dry:
            return before is None, self._finished(known, namespace, name, result, before, managers)
        self._managers[key] = managers
        return before is None, self.put(known, result, namespace)

    def put(self, known: Known, body: Body, namespace: str = "") -> Body:
        """As a controller writes it. What changes nothing is no change."""
        name = body["metadata"]["name"]
        key = _key(known, namespace, name)
        before = self._bodies.get(key)
        finished = self._finished(known, namespace, name, body, before, self._managers.get(key, {}))
        if before is not None and _plain(finished) == _plain(before):
            return copy.deepcopy(before)
        self._version += 1
        finished["metadata"]["resourceVersion"] = str(self._version)
        self._bodies[key] = finished
        self._tell("MODIFIED" if before is not None else "ADDED", known, finished)
        if known.kind == "CustomResourceDefinition":
            self.known.update({(each.group_version, each.plural): each for each in defined_by(finished)})
        self.changed(known, finished)
        return copy.deepcopy(self._bodies.get(key, finished))

    def delete(self, known: Known, namespace: str, name: str, uid: str = "") -> Body:
        body = self.get(known, namespace, name)
        if uid and uid != body["metadata"]["uid"]:
            message = (
                f'Operation cannot be fulfilled on {known.kind}{"." + known.group if known.group else ""} "{name}": the UID in the precondition ({uid}) does not match '
                f"the UID in record ({body['metadata']['uid']}). The object might have been deleted and then recreated"
            )
            raise Refused(
                409,
                "Conflict",
                message,
                {"name": name, "kind": known.kind, **({"group": known.group} if known.group else {})},
            )
        key = _key(known, namespace, name)
        del self._bodies[key]
        self._managers.pop(key, None)
        self._version += 1
        self._tell("DELETED", known, body)
        for owned_by in [each for each in self._bodies.values() if _owned(each, body["metadata"]["uid"])]:
            child = self.known[owned_by["apiVersion"], _plural_of(self.known, owned_by)]
            self.delete(child, owned_by["metadata"].get("namespace", ""), owned_by["metadata"]["name"])
        return body

    def _tell(self, kind: str, known: Known, body: Body) -> None:
        self.events.append((self._version, known, kind, copy.deepcopy(body)))
        task = asyncio.ensure_future(self._notify())
        task.add_done_callback(lambda _: None)

    async def _notify(self) -> None:
        async with self.news:
            self.news.notify_all()

    def _acceptable(self, known: Known, namespace: str, name: str, body: Body) -> None:
        meant = body.get("metadata", {}).get("name")
        if meant != name:
            raise Refused(
                400, "BadRequest", f"the name of the object ({meant}) does not match the name on the URL ({name})"
            )
        if namespace and (space := body["metadata"].get("namespace", namespace)) != namespace:
            raise Refused(
                400,
                "BadRequest",
                f"the namespace of the object ({space}) does not match the namespace on the request ({namespace})",
            )
        if problem := outside_schema(known, body):
            raise Refused(500, "", f"failed to create typed patch object: {problem}")
        spaces = self.known["v1", "namespaces"]
        if known.namespaced and _key(spaces, "", namespace) not in self._bodies:
            raise _not_found(spaces, namespace)

    def _finished(
        self, known: Known, namespace: str, name: str, body: Body, before: Body | None, managers: Mapping[str, Any]
    ) -> Body:
        finished = copy.deepcopy(body)
        finished |= {"apiVersion": known.group_version, "kind": known.kind}
        metadata = finished["metadata"]
        metadata |= {"name": name, **({"namespace": namespace} if known.namespaced else {})}
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("resourceVersion", str(self._version))
        metadata.setdefault("creationTimestamp", "2026-11-23T15:50:00Z")
        if before is None or before.get("spec") != finished.get("spec"):
            metadata["generation"] = metadata.get("generation", 0) + 1
        metadata["managedFields"] = [
            {"manager": each, "operation": "Apply"} for each, fields in managers.items() if fields
        ]
        return finished


def _key(known: Known, namespace: str, name: str) -> Key:
    return _plural(known), namespace if known.namespaced else "", name


def _plural(known: Known) -> str:
    return f"{known.plural}.{known.group}" if known.group else known.plural


def _plural_of(known: Mapping[tuple[str, str], Known], body: Body) -> str:
    return next(
        each.plural for each in known.values() if (each.group_version, each.kind) == (body["apiVersion"], body["kind"])
    )


def _plain(body: Body) -> Body:
    hidden = ("resourceVersion", "generation")
    return {**body, "metadata": {key: value for key, value in body["metadata"].items() if key not in hidden}}


def _owned(body: Body, uid: str) -> bool:
    return any(each["uid"] == uid for each in body["metadata"].get("ownerReferences", ()))


def _value(body: Body, path: Path, default: Any) -> Any:
    return owned(body).get(path, default)


def _not_found(known: Known, name: str) -> Refused:
    details = {"name": name, "kind": known.plural, **({"group": known.group} if known.group else {})}
    return Refused(404, "NotFound", f'{_plural(known)} "{name}" not found', details)


def _conflict(conflicts: list[tuple[str, Path]]) -> Refused:
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{manager}"', "field": shown(path)}
        for manager, path in conflicts
    ]
    many = "1 conflict" if len(causes) == 1 else f"{len(causes)} conflicts"
    told = f'conflict with "{conflicts[0][0]}": {shown(conflicts[0][1])}'
    if len(causes) > 1:
        told = f'conflicts with "{conflicts[0][0]}":\n' + "\n".join(f"- {shown(path)}" for _, path in conflicts)
    return Refused(409, "Conflict", f"Apply failed with {many}: {told}", {"causes": causes})


def _invalid(known: Known, name: str, causes: list[tuple[str, str, str]]) -> Refused:
    told = [f"{field}: {message}" for _, message, field in causes]
    kind = f"{known.kind}.{known.group}" if known.group else known.kind
    message = f'{kind} "{name}" is invalid: {told[0] if len(told) == 1 else "[" + ", ".join(told) + "]"}'
    return Refused(
        422,
        "Invalid",
        message,
        {
            "name": name,
            **({"group": known.group} if known.group else {}),
            "kind": known.kind,
            "causes": [{"reason": reason, "message": words, "field": field} for reason, words, field in causes],
        },
    )
