"""Check runs on GitHub, for an App: made, changed while they run, and left as they are once they have ended.

https://docs.github.com/en/rest/checks/runs
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from github import Github
from pydantic import Field

from bot.model.annotation import Annotation, Severity
from bot.model.check import CheckRun
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostRefused
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.github.client import PER_PAGE, GitHubClient
from providers.github.errors import Gone
from providers.github.objects import number_of
from providers.github.sign_in import CHECKING, about

CONCLUSIONS = {
    StatusState.WAITING: "action_required",
    StatusState.SUCCEEDED: "success",
    StatusState.FAILED: "failure",
    StatusState.STOPPED: "cancelled",
    StatusState.INVALID: "failure",
}
"""One with a conclusion counts as completed; the other states have none."""

LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTICE: "notice"}

LONGEST = 65535
LONGEST_TITLE = 255
LONGEST_MESSAGE = 16_000
"""64 KB, of characters that may have four bytes."""

AT_ONCE = 50
"""Annotations in one request: "To create more than 50 annotations, you have to make multiple requests"."""


M = TypeVar("M", bound=Model)


class _Output(Model):
    annotations_count: int = 0


class _Made(Model):
    id: Id
    external_id: str | None = None
    output: _Output = _Output()


class _Listed(Model):
    check_runs: list[_Made] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    """A check run that was put before: its number, what it told of, and whether it had ended."""

    number: int
    subject: str
    ended: bool

    @classmethod
    def read(cls, text: str) -> "_Known | None":
        number, _, rest = text.partition(" ")
        ended, _, subject = rest.partition(" ")
        return cls(int(number), subject, ended == "ended") if number.isdecimal() else None

    def __str__(self) -> str:
        return f"{self.number} {'ended' if self.ended else 'open'} {self.subject}"


class GitHubChecks:
    """See `ports.Checks`."""

    def __init__(self, client: GitHubClient, *, instead: bool = False) -> None:
        self._client = client
        self.instead = instead

    async def put(self, check: CheckRun, known: str | None) -> str:
        before = _Known.read(known or "")
        if before is not None and before.ended and before.subject != check.subject:
            before = None
        made = await self._change(before.number, check) if before is not None else None
        if made is None:
            found = await self._find(check) if known is not None else None
            made = (await self._change(found.id, check) if found else None) or await self._create(check)
        await self._annotate(made, check)
        return str(_Known(made.id, check.subject, check.status.state.final))

    async def _find(self, check: CheckRun) -> _Made | None:
        """The one that was made before the bot could note it: by what it tells of."""
        status = check.status
        query = {"check_name": status.context, "filter": "all", "per_page": PER_PAGE}
        listed = await self._ask(status, _Listed, "GET", f"/commits/{status.commit}/check-runs", query=query)
        return next((one for one in listed.check_runs if one.external_id == _external(check)), None)

    async def _create(self, check: CheckRun) -> _Made:
        body = _body(check) | {"head_sha": check.status.commit}
        return await self._ask(check.status, _Made, "POST", "/check-runs", body)

    async def _change(self, number: int, check: CheckRun) -> _Made | None:
        """None when it is no longer there."""
        try:
            return await self._ask(check.status, _Made, "PATCH", f"/check-runs/{number}", _body(check))
        except Gone:
            return None

    async def _annotate(self, made: _Made, check: CheckRun) -> None:
        """Add the remarks that it has not yet: each request adds to those before, so that after a crash one goes on behind them."""
        there = made.output.annotations_count
        for part in _parts(check.annotations[there:]):
            body = {"output": _output(check) | {"annotations": [_annotation(one) for one in part]}}
            await self._ask(check.status, _Made, "PATCH", f"/check-runs/{made.id}", body)

    async def _ask(
        self,
        status: CommitStatus,
        answer: type[M],
        verb: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> M:
        where = f"/repositories/{number_of(status.repository.id)}{path}"

        def ask(github: Github) -> M:
            return answer.model_validate(
                github.requester.requestJsonAndCheck(verb, where, parameters=query, input=body)[1]
            )

        try:
            return await self._client.call(ask, about(status.repository, CHECKING))
        except Gone:
            raise
        except HostRefused as refusal:
            raise HostRefused(f"{refusal} (check runs need the App's permission Checks: write)") from None


def _external(check: CheckRun) -> str:
    return check.subject or check.status.commit


def _body(check: CheckRun) -> dict[str, Any]:
    status = check.status
    body: dict[str, Any] = {
        "name": status.context,
        "external_id": _external(check),
        "details_url": status.url,
        "output": _output(check),
        "actions": [
            {"label": one.label, "description": one.words, "identifier": one.button.value} for one in check.buttons
        ],
    }
    if check.started_at is not None:
        body["started_at"] = _moment(check.started_at)
    if (conclusion := CONCLUSIONS.get(status.state)) is None:
        return body | {"status": "queued" if status.state is StatusState.QUEUED else "in_progress"}
    body |= {"status": "completed", "conclusion": conclusion}
    return body | ({"completed_at": _moment(check.ended_at)} if check.ended_at is not None else {})


def _output(check: CheckRun) -> dict[str, Any]:
    """The title is what is shown beside the name."""
    output = {"title": shortened(check.status.description, LONGEST_TITLE), "summary": check.summary[:LONGEST]}
    return output | ({"text": check.details[:LONGEST]} if check.details else {})


def _annotation(one: Annotation) -> dict[str, Any]:
    """Columns stand only with those on one line, as these are."""
    columns = {"start_column": one.column, "end_column": one.column} if one.column else {}
    title = {"title": shortened(" ".join(filter(None, [one.tool, one.code])), LONGEST_TITLE)}
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        **columns,
        "annotation_level": LEVELS[one.severity],
        "message": one.message[:LONGEST_MESSAGE],
        **(title if title["title"] else {}),
    }


def _parts(annotations: Sequence[Annotation]) -> Iterator[Sequence[Annotation]]:
    for at in range(0, len(annotations), AT_ONCE):
        yield annotations[at : at + AT_ONCE]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
