"""GitHub's published description of its API, as far as the fake has it: every request that the bot makes is held to it.

    python -m tests.world.github.description

makes `description.json` anew from the npm package named below: the operations that the fake answers, what each takes in its address and
in its body. The fake refuses what does not fit, and a test that has made such a request fails, whatever became of it.
https://github.com/github/rest-api-description, https://github.com/octokit/openapi
"""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

PACKAGE = "@octokit/openapi@23.0.2"
INSIDE = "package/generated/api.github.com.json"
EXTRACT = Path(__file__).parent / "description.json"

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """`path` is the template as GitHub writes it. `query` has a schema by each name that is known there."""

    method: str
    path: str
    query: Mapping[str, Json]
    body: Validator | None

    def problems(self, query: Mapping[str, str], body: Any) -> Iterator[str]:
        """What of the request is not as described."""
        for name, text in query.items():
            if name not in self.query:
                yield f"there is no parameter {name}"
                continue
            value = int(text) if self.query[name].get("type") == "integer" and text.isdecimal() else text
            for error in Draft202012Validator(self.query[name]).iter_errors(value):
                yield f"{name}: {error.message}"
        if self.body is None:
            if body:
                yield "there is no body to be sent"
            return
        for error in self.body.iter_errors(body):
            yield f"{error.json_path}: {error.message[-300:]}"  # its end says what is wrong


def problems(method: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """What of a request is not as it is described. An address by a repository's number is the one by its name (see `api.routes`)."""
    named = re.sub(r"^/repositories/[^/]+", "/repos/owner/name", path)
    for pattern, operation in _operations():
        if operation.method == method and pattern.fullmatch(named):
            return [f"{method} {operation.path}: {problem}" for problem in operation.problems(query, body)]
    return [f"{method} {path}: no such operation is described"]


@cache
def _operations() -> list[tuple[re.Pattern[str], Operation]]:
    """The ones with the fewest parameters first, as GitHub's own routes have it."""
    found = []
    for path, methods in json.loads(EXTRACT.read_text())["paths"].items():
        for method, described in methods.items():
            body = described.get("body")
            validator = Draft202012Validator(body) if body is not None else None
            operation = Operation(method.upper(), path, described["query"], validator)
            found.append((_pattern(path), operation))
    return sorted(found, key=lambda one: one[1].path.count("{"))


def _pattern(template: str) -> re.Pattern[str]:
    """A part is one segment of the address; of a ref it may be several."""
    text = re.sub(r"\\\{([a-z_]+)\\\}", lambda part: ".+" if part[1] == "ref" else "[^/]+", re.escape(template))
    return re.compile(text)


# --- Making the extract ----------------------------------------------------------------------------------------------


def described_by(whole: Json, wanted: Iterable[tuple[str, str]]) -> Json:
    """The part of a whole description that tells of the wanted operations: methods and paths as the fake's routes have them."""
    paths: dict[str, Json] = {}
    for method, route in wanted:
        template = _template(whole, route)
        described = whole["paths"][template][method.lower()]
        parameters = [_resolved(whole, one) for one in described.get("parameters", ())]
        entry: Json = {
            "query": {one["name"]: _schema(whole, one["schema"]) for one in parameters if one["in"] == "query"}
        }
        content = described.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            entry["body"] = _schema(whole, content["schema"])
        paths.setdefault(template, {})[method.lower()] = entry
    return {"package": PACKAGE, "paths": dict(sorted(paths.items()))}


def _template(whole: Json, route: str) -> str:
    """The path that is the same but for what its parts are called."""

    def anonymous(path: str) -> str:
        return re.sub(r"\{[^{}]+\}", "{}", path)

    paths: Iterable[str] = whole["paths"]
    return next(path for path in paths if anonymous(path) == anonymous(route))


def _resolved(whole: Json, value: Json) -> Json:
    while "$ref" in value:
        found: Any = whole
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _schema(whole: Json, schema: Any) -> Any:
    """As JSON Schema: references put in place, words left out, null allowed where it is. What is not described is refused, but
    where that is said to be allowed, or where alternatives are described beside.
    """
    if isinstance(schema, list):
        return [_schema(whole, one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = _resolved(whole, schema)
    properties = schema.get("properties")
    made = {
        name: _schema(whole, value)
        for name, value in schema.items()
        if name
        not in ("description", "example", "examples", "default", "title", "nullable", "properties", "deprecated")
        and not name.startswith("x-")
    }
    if properties is not None:
        made["properties"] = {name: _schema(whole, value) for name, value in properties.items()}
        if not {"additionalProperties", "oneOf", "anyOf", "allOf"} & set(schema) and "type" in schema:
            made["additionalProperties"] = False
    if schema.get("nullable"):
        return {"anyOf": [made, {"type": "null"}]}
    return made


def make(whole: Json) -> None:
    from tests.world.github.server import operations  # noqa: PLC0415  the fake is checked by this very module

    EXTRACT.write_text(json.dumps(described_by(whole, operations()), indent=1) + "\n")


def main() -> None:
    with TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        with tarfile.open(Path(folder) / packed) as package:
            inside = package.extractfile(INSIDE)
            assert inside is not None
            make(json.load(inside))


if __name__ == "__main__":
    main()
