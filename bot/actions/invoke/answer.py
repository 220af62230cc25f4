"""What an endpoint answers to an invocation: done, failed, or to be asked again; with variables and files where there are any."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.actions.outputs import OutputsInvalid, check_outputs

SUMMARY_LIMIT = 500


class Verdict(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CONTINUE = "continue"
    SILENT = "silent"
    """It has taken the request, and reports nothing yet: only a report settles an action (LMB-2)."""


class AnswerInvalid(Exception):
    """The answer is of no form that can be understood. The text says what is wrong, and what would be right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`files`: by artifact, and in it by path. `again_in` seconds, None where it does not say. `url`: where its work can be looked at."""

    verdict: Verdict
    summary: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    token: str = ""
    again_in: float | None = None
    url: str = ""


class _Encoded(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    base64: str


class _Document(BaseModel):
    """As it is written. What it has besides is nothing to us."""

    model_config = ConfigDict(strict=True)

    status: str = ""
    summary: str = ""
    outputs: dict[str, str] = Field(default_factory=dict)
    artifacts: dict[str, dict[str, str | _Encoded]] = Field(default_factory=dict)
    token: Annotated[str, Field(max_length=2048)] = ""
    again_in: float | None = None
    url: Annotated[str, Field(max_length=2048)] = ""


FORMS = '{"status": "succeeded"}, {"status": "failed", "summary": "why"} or {"status": "continue", "token": "...", "again_in": 30}'


def read(body: bytes) -> Answer:
    """Raises AnswerInvalid."""
    if not body.strip():
        return Answer(Verdict.SILENT)
    try:
        document = _Document.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise AnswerInvalid(
            f"its answer can't be read ({f'{where}: ' if where else ''}{first['msg']}): it is {FORMS}"
        ) from None
    return _answer(document)


def _answer(document: _Document) -> Answer:
    status = document.status.lower()
    if status and status not in ("succeeded", "failed", "continue"):
        raise AnswerInvalid(f"its answer has the status {document.status[:40]!r}: it is {FORMS}")
    try:
        check_outputs(document.outputs)
    except OutputsInvalid as error:
        raise AnswerInvalid(str(error)) from None
    files = {
        name: {_path(path): _content(path, content) for path, content in content_of.items()}
        for name, content_of in document.artifacts.items()
    }
    return Answer(
        Verdict(status) if status else Verdict.SILENT,
        document.summary[:SUMMARY_LIMIT],
        document.outputs,
        files,
        document.token,
        document.again_in,
        _url(document.url),
    )


def _url(url: str) -> str:
    """It becomes a link: nothing but a page's address will do."""
    try:
        page = urlsplit(url)
    except ValueError:
        page = urlsplit("")
    if url and not (page.scheme in ("http", "https") and page.hostname and url.isprintable()):
        raise AnswerInvalid(f"its answer has the url {url[:100]!r}, which is no http or https address")
    return url


def _path(path: str) -> str:
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise AnswerInvalid(f"its answer has a file {path[:100]!r}, which would lead out of the artifact")
    return path


def _content(path: str, content: str | _Encoded) -> bytes:
    if isinstance(content, str):
        return content.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(content.base64, validate=True)
    except (binascii.Error, ValueError):
        raise AnswerInvalid(f"the content of {path[:100]!r} is no base64") from None


def write(files: Mapping[str, bytes], root: Path) -> None:
    """Into a folder that is made here. Raises AnswerInvalid where a file's name is a folder's, too."""
    root.mkdir(parents=True)
    for path, content in files.items():
        place = root / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except OSError as error:
            raise AnswerInvalid(f"the file {path[:100]!r} can't be kept: {error.strerror}") from None
