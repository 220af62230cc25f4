"""What an action puts into manifests: tags of images, and values for `${NAME}`. Only ever as the value of a text: what comes in can't become structure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.definition.document import Plain, quoted
from bot.definition.syntax import resolve
from bot.model.cluster_deployment import Manifest
from bot.model.problem import Problem

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")
_REFERENCE = re.compile(r"[A-Za-z0-9][^\s]*")


class Bare(str):
    """A text that is written without quotes: a number may take the place of its placeholder, as it could be written there."""

    __slots__ = ()


def filled(
    manifests: Sequence[Manifest], images: Mapping[str, str], values: Mapping[str, str], file: str
) -> tuple[tuple[Manifest, ...], tuple[Problem, ...]]:
    """`file` has the action. A name that nothing asks for is told: it is misspelt, or the manifests have changed."""
    filling = _Filling(images, values)
    found = []
    for manifest in manifests:
        body = filling.fill(manifest.body)
        assert isinstance(body, dict)  # noqa: S101  of a mapping
        metadata = body["metadata"]
        ref = replace(manifest.ref, name=str(metadata["name"]), namespace=str(metadata.get("namespace") or ""))
        found.append(replace(manifest, ref=ref, body=body))
    return tuple(found), tuple(Problem(file, 0, 0, *told) for told in filling.problems())


class _Filling:
    def __init__(self, images: Mapping[str, str], values: Mapping[str, str]) -> None:
        self._images = images
        self._values = values
        self._asked: set[str] = set()
        self._seen: set[str] = set()

    def fill(self, value: object, key: str = "") -> object:
        match value:
            case str():
                return self._text(value)
            case Mapping():
                return {name: self.fill(child, name) for name, child in value.items()}
            case list():
                filled = [self.fill(child) for child in value]
                return [self._container(child) for child in filled] if key in _CONTAINERS else filled
        return value

    def problems(self) -> Iterator[tuple[str, str, str]]:
        for name in self._values.keys() - self._asked:
            shown = quoted("${" + name + "}")
            yield (
                f"deploy.set.{name}",
                f"No manifest has {shown} in a text.",
                "Remove it, or write it where it is to stand.",
            )
        for name, value in self._images.items():
            if name not in self._seen:
                yield (
                    f"deploy.images.{name}",
                    f"No container of the manifests has the image {quoted(name)}.",
                    f"They have {_listed(self._seen)}.",
                )
            elif not _REFERENCE.fullmatch(value):
                remedy = "Give it a tag, a digest, or a whole reference."
                yield f"deploy.images.{name}", f"{quoted(value)} can't be the tag of an image.", remedy

    def _text(self, text: str) -> object:
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and whole[1] in self._values and isinstance(text, Bare):
            self._asked.add(whole[1])
            given = self._values[whole[1]]
            read = resolve(given)
            return read.value if isinstance(read, Plain) else given
        return _PLACEHOLDER.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        if match[1] not in self._values:
            return match[0]  # a script's own
        self._asked.add(match[1])
        return self._values[match[1]]

    def _container(self, value: object) -> object:
        if not isinstance(value, dict) or not isinstance(image := value.get("image"), str):
            return value
        name = _named(image)
        self._seen.add(name)
        return {**value, "image": _image(name, self._images[name])} if name in self._images else value


def _named(image: str) -> str:
    """Without tag and digest; a colon before a slash is a registry's port."""
    name = image.partition("@")[0]
    path = name.rpartition("/")[2]
    return name[: len(name) - len(path)] + path.partition(":")[0]


def _image(name: str, given: str) -> str:
    if _DIGEST.fullmatch(given):
        return f"{name}@{given}"
    return f"{name}:{given}" if _TAG.fullmatch(given) else given


def _listed(names: set[str]) -> str:
    return ", ".join(quoted(name) for name in sorted(names)[:5]) or "no images at all"
