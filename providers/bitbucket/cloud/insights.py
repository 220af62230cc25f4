"""Code Insights on Bitbucket Cloud: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/."""

from http import HTTPStatus

from bot.model.annotation import Annotation
from bot.model.check import CheckRun
from providers.bitbucket import insights
from providers.bitbucket.client import Client, Refused, at
from providers.bitbucket.cloud import api

LONGEST_DETAILS = 2000


class CloudInsights:
    """See `ports.Checks`: beside the build statuses, and only where there is something to remark."""

    instead = False

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, check: CheckRun, known: str | None) -> str:
        if not check.status.state.final or not (known or check.annotations):
            return known or ""
        path = f"{api.of(check.status.repository)}{at('commit', check.status.commit, 'reports', insights.report_key(check))}"
        await self._remove(path)
        if not insights.wanted(check):
            return ""
        await self._client.ask("PUT", path, _report(check))
        for part in insights.parts(check.annotations):
            await self._client.ask("POST", f"{path}/annotations", [_annotation(one) for one in part])
        return check.subject or "there"

    async def _remove(self, path: str) -> None:
        """With its annotations: those of an earlier attempt would stay otherwise."""
        try:
            await self._client.ask("DELETE", path)
        except Refused as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise


def _report(check: CheckRun) -> dict[str, object]:
    return {
        "title": insights.title(check),
        "details": check.status.description[:LONGEST_DETAILS],
        "external_id": insights.report_key(check),
        "reporter": "Penstock",
        "link": check.status.url,
        "report_type": "TEST",
        "result": "PASSED" if insights.passed(check) else "FAILED",
    }


def _annotation(one: Annotation) -> dict[str, object]:
    return {
        "external_id": insights.identity(one),
        "annotation_type": insights.kind(one),
        "severity": insights.SEVERITIES[one.severity],
        "summary": insights.words(one, insights.LONGEST_TEXT),
        "path": one.path,
        "line": one.line,
    }
