"""The fake GitHub's endpoints of check runs: for Apps alone, each of which changes only its own.

https://docs.github.com/en/rest/checks/runs
"""

import time
from typing import Any

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.github.answers import Refused, invalid
from tests.world.github.api import Api, Call
from tests.world.github.nouns import CheckRun
from tests.world.github.shapes import moment

LONGEST = 65535
LONGEST_TITLE = 255
"""Of an annotation."""

MOST_NAMED = 1000
"""https://docs.github.com/en/rest/checks/runs#create-a-check-run: older ones of one name in a suite are deleted beyond that."""


def routes(api: Api) -> list[web.RouteDef]:
    of = Checks(api)
    return [
        *api.routes("POST", "{repo}/check-runs", "checks=write", of.create),
        *api.routes("PATCH", "{repo}/check-runs/{number}", "checks=write", of.update),
        *api.routes("GET", "{repo}/commits/{sha}/check-runs", "checks=read", of.listed),
    ]


class Checks:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, call: Call) -> Answer:
        _for_apps(call)
        sha = call.text("head_sha")
        if len(sha) != 40 or await call.repository.git.commit_of(sha) is None:
            raise Refused(422, f"No commit found for SHA: {sha}")
        run = CheckRun(next(self._api.hosted.ids), call.text("name"), sha, call.account)
        _change(run, call.body)
        call.repository.check_runs[run.id] = run
        return Answer(self._api.shapes.check_run(call.repository, run), 201)

    async def update(self, call: Call) -> Answer:
        _for_apps(call)
        run = call.repository.check_runs.get(call.number("number"))
        if run is None:
            raise Refused(404, "Not Found")
        if run.by is not call.account:
            raise Refused(403, "Invalid app_id `…` - check run can only be modified by the GitHub App that created it.")
        _change(run, call.body)
        return Answer(self._api.shapes.check_run(call.repository, run))

    async def listed(self, call: Call) -> Listing:
        """The newest first; of each name only the newest, unless all are asked for."""
        query = call.request.query
        runs = [one for one in call.repository.check_runs.values() if one.sha == call.part("sha")][::-1]
        runs = [one for one in runs if query.get("check_name", one.name) == one.name]
        if query.get("filter", "latest") == "latest":
            runs = list({one.name: one for one in runs[::-1]}.values())[::-1]
        return Listing([self._api.shapes.check_run(call.repository, one) for one in runs], "check_runs")


def _for_apps(call: Call) -> None:
    """https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks: "only available to GitHub Apps"."""
    if call.account.type != "Bot":
        raise Refused(403, "You must authenticate via a GitHub App.")


def _change(run: CheckRun, body: dict[str, Any]) -> None:
    """With a conclusion it is completed; without being completed it has none."""
    if body.get("status") == "completed" and "conclusion" not in body:
        raise invalid("CheckRun", "conclusion", "conclusion is required when status is completed")
    if "status" in body or "conclusion" in body:
        run.status = "completed" if "conclusion" in body else body["status"]
        run.conclusion = body.get("conclusion")
        done = body.get("completed_at", moment(time.time()))
        run.completed_at = done if run.conclusion else None
    run.name = body.get("name", run.name)
    run.actions = _actions(body.get("actions", run.actions))
    run.started_at = body.get("started_at", run.started_at)
    run.external_id = body.get("external_id", run.external_id)
    run.details_url = body.get("details_url", run.details_url)
    if run.details_url and not run.details_url.startswith(("http://", "https://")):
        raise invalid("CheckRun", "details_url", "details_url must use http(s) scheme")
    if "output" in body:
        _put_out(run, body["output"])


_ACTION = {"label": 20, "description": 40, "identifier": 20}
"""https://docs.github.com/en/rest/checks/runs#create-a-check-run: "a maximum of three actions", and how long each part may be."""


def _actions(actions: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(actions) > 3:
        raise invalid("CheckRun", "actions", "actions exceeds a maximum count of 3")
    for action in actions:
        for name, most in _ACTION.items():
            if not 0 < len(action.get(name, "")) <= most:
                raise invalid("CheckRun", name, f"{name} must have 1 to {most} characters")
    return actions


def _put_out(run: CheckRun, output: dict[str, Any]) -> None:
    for name in ("summary", "text"):
        if len(output.get(name) or "") > LONGEST:
            raise invalid("CheckRun", name, f"{name} exceeds a maximum length of {LONGEST} characters")
    for one in output.get("annotations", ()):
        _check(one)
    run.title = output.get("title", run.title)
    run.summary = output["summary"]
    run.text = output.get("text", run.text)
    run.annotations += output.get("annotations", ())  # "Each time you update the check run, annotations are appended"


def _check(annotation: dict[str, Any]) -> None:
    start, end = annotation["start_line"], annotation["end_line"]
    if start < 1 or end < start:
        raise invalid("CheckAnnotation", "end_line", "end_line must not be before start_line")
    columns = {"start_column", "end_column"} & set(annotation)
    if columns and start != end:
        raise invalid("CheckAnnotation", "start_column", "columns are for annotations on one line")
    if not annotation["path"] or annotation["path"].startswith("/"):
        raise invalid("CheckAnnotation", "path", "path must be relative to the repository")
    if len(annotation.get("title", "")) > LONGEST_TITLE:
        raise invalid("CheckAnnotation", "title", f"title exceeds a maximum length of {LONGEST_TITLE} characters")
    if not annotation["message"] or len(annotation["message"].encode()) > 64 << 10:
        raise invalid("CheckAnnotation", "message", "message must have 1 to 65536 bytes")
