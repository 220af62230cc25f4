"""A file's text to the objects in it, or everything that is wrong with them. What a kind asks of its fields only a cluster knows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.definition.document import Document, Finding, List, Map, Mark, Path, Plain, locate, quoted
from bot.definition.merge_keys import merged
from bot.definition.syntax import read_documents
from bot.manifests.filled import Bare
from bot.model.cluster_deployment import Manifest, ObjectRef
from bot.model.problem import Problem

_KUSTOMIZE = "kustomize.config.k8s.io/"
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[a-z0-9]+")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9._:]*[A-Za-z0-9])?|\$\{.*")
_OCTAL = re.compile(r"0[0-7]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """Manifests are there even where others of the file have problems."""

    manifests: tuple[Manifest, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_manifests(data: bytes, file: str) -> Reading:
    documents, unreadable = read_documents(data)
    if unreadable:
        return Reading((), tuple(_unreadable(file, data, each) for each in unreadable))
    lines = data.decode("utf-8-sig").splitlines()
    found: list[Manifest] = []
    problems: list[Problem] = []
    for document in documents:
        read = _Document(document, file, lines)
        found += read.manifests()
        problems += read.problems
    return Reading(tuple(found), tuple(problems))


def _unreadable(file: str, data: bytes, finding: Finding) -> Problem:
    mark = finding.mark or Mark(1, 1)
    remedy = finding.remedy
    if b"{{" in data:
        remedy = "This looks like a template: render it in an action before, and deploy what that keeps as its output."
    return Problem(file, *mark, "", finding.reason, remedy)


class _Document:
    """One document of a file: an object, or a list of them."""

    def __init__(self, document: Document, file: str, lines: list[str]) -> None:
        root = merged(document.root) if isinstance(document.root, Map) else document.root
        self._document = Document(root, document.mark)
        self._file = file
        self._lines = lines
        self.problems: list[Problem] = []

    def manifests(self) -> Iterator[Manifest]:
        yield from self._objects(self._document.root, (), self._document.mark)

    def _objects(self, value: object, path: Path, mark: Mark) -> Iterator[Manifest]:
        if not isinstance(value, Map):
            self._tell(path, "This is no object.", "Write a mapping with `apiVersion`, `kind` and `metadata`.")
            return
        items = value.get("items")
        if isinstance(items, List) and str(value.get("kind", "")).endswith("List"):
            for index, item in enumerate(items):
                yield from self._objects(item, (*path, "items", index), items.marks[index])
            return
        before = len(self.problems)
        ref = self._ref(value, path)
        if len(self.problems) == before:
            body = self._native(value, mark)
            assert isinstance(body, dict)  # noqa: S101  of a Map
            yield Manifest(ref, body, self._file, mark.line)

    def _ref(self, value: Map, path: Path) -> ObjectRef:
        api_version = self._text(value, (*path, "apiVersion"), _API_VERSION, "such as `apps/v1`")
        kind = self._text(value, (*path, "kind"), _KIND, "such as `Deployment`")
        if api_version.startswith(_KUSTOMIZE):
            remedy = "Run `kustomize build` in an action before, and deploy the file that it keeps as its output."
            self._tell((*path, "kind"), "Kustomizations are not rendered here.", remedy)
        metadata = value.get("metadata")
        if not isinstance(metadata, Map):
            self._tell((*path, "metadata"), "The object has no `metadata`.", "Give it `metadata` with a `name`.")
            return ObjectRef(api_version, kind, "", "")
        if "generateName" in metadata:
            reason = "An object with `generateName` would be made anew at every deployment."
            remedy = "Give it a `name`; one that changes may hold `${NAME}` from the action's `set`."
            self._tell((*path, "metadata", "generateName"), reason, remedy)
        name = self._text(metadata, (*path, "metadata", "name"), _NAME, "such as `web`")
        namespace = ""
        if metadata.get("namespace") is not None:
            namespace = self._text(metadata, (*path, "metadata", "namespace"), _NAME, "such as `web`")
        for key in ("labels", "annotations"):
            if not isinstance(metadata.get(key), Map | None):
                self._tell((*path, "metadata", key), f"The {key} are no mapping.", "Write `name: value` lines.")
        return ObjectRef(api_version, kind, namespace, name)

    def _text(self, within: Map, path: Path, right: re.Pattern[str], example: str) -> str:
        key = path[-1]
        value = within.get(str(key))
        if value is None:
            self._tell(path, f"The object has no {quoted(key)}.", f"Give it one, {example}.")
        elif not isinstance(value, str) or isinstance(value, Plain):
            self._tell(
                path, f"{quoted(key)} must be a text.", f"Write one, {example}, in quotes if it looks like a number."
            )
        elif not right.fullmatch(value) and "${" not in value:
            self._tell(path, f"{quoted(value)} can't be the {quoted(key)} of an object.", f"Write one {example}.")
        return str(value or "")

    def _native(self, value: object, mark: Mark) -> object:
        """Plain data as JSON has it. `0644` is octal, as everywhere where Kubernetes reads YAML."""
        match value:
            case Plain():
                return int(value, 8) if _OCTAL.fullmatch(value) else value.value
            case Map():
                return {key: self._native(child, value.marks[key][1]) for key, child in value.items()}
            case List():
                return [self._native(child, at) for child, at in zip(value, value.marks, strict=True)]
            case str():
                return Bare(value) if self._lines[mark.line - 1][mark.column - 1 : mark.column] == "$" else value
        return value

    def _tell(self, path: Path, reason: str, remedy: str) -> None:
        mark, where = locate(self._document, Finding(path, reason, remedy))
        self.problems.append(Problem(self._file, *mark, where, reason, remedy))
