"""Code Insights on Bitbucket Data Center: https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-insights/."""

from bot.model.annotation import Annotation
from bot.model.check import CheckRun
from providers.bitbucket import insights
from providers.bitbucket.client import Client, at
from providers.bitbucket.data_center.api import PATH, Addresses

INSIGHTS = "/rest/insights/1.0"
LONGEST_DETAILS = 2000
LONGEST_MESSAGE = 2000


class DataCenterInsights:
    """See `ports.Checks`: beside the build statuses, and only where there is something to remark."""

    instead = False

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses

    async def put(self, check: CheckRun, known: str | None) -> str:
        """Removing a report that is not there is answered like removing one that is."""
        if not check.status.state.final or not (known or check.annotations):
            return known or ""
        status = check.status
        commit = at("commits", status.commit, "reports", insights.report_key(check))
        path = f"{await self._addresses.of(status.repository)}{commit}"
        await self._client.ask_beside("DELETE", PATH, INSIGHTS, path)
        if not insights.wanted(check):
            return ""
        await self._client.ask_beside("PUT", PATH, INSIGHTS, path, _report(check))
        for part in insights.parts(check.annotations):
            body = {"annotations": [_annotation(one) for one in part]}
            await self._client.ask_beside("POST", PATH, INSIGHTS, f"{path}/annotations", body)
        return check.subject or "there"


def _report(check: CheckRun) -> dict[str, object]:
    return {
        "title": insights.title(check),
        "details": check.status.description[:LONGEST_DETAILS],
        "reporter": "Penstock",
        "link": check.status.url,
        "result": "PASS" if insights.passed(check) else "FAIL",
    }


def _annotation(one: Annotation) -> dict[str, object]:
    return {
        "externalId": insights.identity(one),
        "type": insights.kind(one),
        "severity": insights.SEVERITIES[one.severity],
        "message": insights.words(one, LONGEST_MESSAGE),
        "path": one.path,
        "line": one.line,
    }
