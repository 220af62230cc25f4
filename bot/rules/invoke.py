"""The `invoke` rule: somebody else's endpoint says whether it holds (LambdaInvoke, section 16.3; our shortcut, LMB-5).

It is asked by POST with one JSON document and answers 2xx with `{"holds": true}` or `{"holds": false, "summary": "why"}`; with
`{"holds": null, "again_in": 60}` it is asked again. Requests are signed as https://www.standardwebhooks.com describes when the
rule names a secret of the pipeline.
"""

import json
from collections.abc import Mapping
from typing import Any

from standardwebhooks.webhooks import Webhook

from bot.core.variables import Unresolved, resolver, substitute
from bot.endpoints.about import about
from bot.endpoints.outside import Answer, Forbidden, NotReached, Outside
from bot.endpoints.signing import NoSigningSecret, signature, signer
from bot.model.error import ErrorCode
from bot.ports import RuleContext, RuleOutcome, SealBroken, Secrets

AGAIN_IN = 30.0
SOONEST, LATEST = 5.0, 3600.0
GIVE_UP_AFTER = 5
"""Looks without a usable answer after which the rule counts as not evaluated."""
SUMMARY_LIMIT = 500


class InvokeRule:
    """`endpoints` are addresses by the names that files may use; `secrets` opens what requests are signed with."""

    works = False

    def __init__(self, outside: Outside, endpoints: Mapping[str, str], secrets: Secrets) -> None:
        self._outside = outside
        self._endpoints = endpoints
        self._secrets = secrets

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        asked = context.rule.configuration
        try:
            value = resolver(context.pipeline, context.execution)
            shown = {key: substitute(str(text), value) for key, text in asked.items()}
            url, trusted = self._address(shown)
            webhook = self._webhook(context, shown.get("secret", ""))
        except (Unresolved, Forbidden, SealBroken) as error:
            shown = {key: str(text) for key, text in asked.items()}
            return _errored(str(error), ErrorCode.CONFIGURATION, shown)
        body = json.dumps(_document(context, shown.get("parameters", ""))).encode()
        headers = {
            "Content-Type": "application/json",
            **signature(webhook, f"{context.job}/{context.run.looks}", context.now, body),
        }
        try:
            answer = await self._outside.post(url, body, headers, context.left, trusted=trusted)
        except Forbidden as error:
            return _errored(str(error), ErrorCode.CONFIGURATION, shown)
        except NotReached as error:
            return _again(context, str(error), shown)
        return _read(context, answer, shown)

    async def abandon(self, job: str) -> None:
        """Whoever asks is cancelled, and that ends it."""

    async def forget(self, job: str) -> None:
        """There is nothing kept."""

    def _address(self, asked: Mapping[str, str]) -> tuple[str, bool]:
        name = asked.get("function", "")
        if not name:
            return asked["url"], False
        if name not in self._endpoints:
            known = ", ".join(self._endpoints) or "none"
            raise Forbidden(f"no endpoint {name} is known: PENSTOCK_INVOKE_ENDPOINTS names {known}")
        return self._endpoints[name], True

    def _webhook(self, context: RuleContext, name: str) -> Webhook | None:
        """What signs the request: the secret of that name. Raises SealBroken, Forbidden."""
        if not name:
            return None
        if not context.execution.may_have_secrets:
            raise Forbidden(f"an execution that may not have secrets can't sign with {name}")
        sealed = context.pipeline.secrets[name]
        try:
            return signer(self._secrets.open(context.execution.lane.repository, name, sealed))
        except NoSigningSecret as error:
            raise Forbidden(f"the secret {name} is no webhook secret: {error}") from None


def _document(context: RuleContext, parameters: str) -> dict[str, Any]:
    return {
        "type": "rule.evaluate",
        "rule": context.rule.name,
        "condition": context.condition.value,
        "stage": context.stage.name,
        "look": context.run.looks,
        "parameters": parameters,
        **about(context.execution),
    }


def _read(context: RuleContext, answer: Answer, shown: Mapping[str, str]) -> RuleOutcome:
    if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004
        return _again(context, f"it answered {answer.status}", shown)
    if not 200 <= answer.status < 300:  # noqa: PLR2004
        moved = ": redirects are not followed, so name the last address" if 300 <= answer.status < 400 else ""  # noqa: PLR2004
        code = ErrorCode.PERMISSION if answer.status in (401, 403) else ErrorCode.CONFIGURATION
        return _errored(f"it answered {answer.status}{moved}", code, shown)
    said = _parsed(answer.body)
    holds, summary = said.get("holds", said), said.get("summary")
    words = summary[:SUMMARY_LIMIT] if isinstance(summary, str) else ""
    if isinstance(holds, bool):
        return RuleOutcome(holds, words, configuration=shown)
    if holds is None:
        again = said.get("again_in")
        wanted = float(again) if isinstance(again, int | float) and not isinstance(again, bool) else AGAIN_IN
        until = context.now + min(LATEST, max(SOONEST, wanted))
        return RuleOutcome(None, words or "it has not decided yet", until=until, configuration=shown)
    problem = 'its answer is not of the form {"holds": true} or {"holds": false, "summary": "why"}'
    return _errored(problem, ErrorCode.CONFIGURATION, shown)


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _again(context: RuleContext, problem: str, shown: Mapping[str, str]) -> RuleOutcome:
    if context.run.looks + 1 >= GIVE_UP_AFTER:
        return _errored(f"{problem}, {context.run.looks + 1} times", ErrorCode.SYSTEM_UNAVAILABLE, shown)
    until = context.now + AGAIN_IN * 2**context.run.looks / 4
    return RuleOutcome(None, f"{problem}: it is asked again", until=until, configuration=shown)


def _errored(summary: str, code: ErrorCode, shown: Mapping[str, str]) -> RuleOutcome:
    return RuleOutcome(holds=False, summary=summary, error=code, configuration=shown)
