"""Invocations of an endpoint over HTTP (LMB-1 to LMB-5): asked with one JSON document, and asked again until it says how it went.

Each request has an id, and is signed where the file names a secret; after a crash the same one is sent again. What was
heard last is durable before it is asked the next time.
"""

import asyncio
import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from bot.actions.artifacts import Handover
from bot.actions.invoke.answer import Answer, AnswerInvalid, Verdict, read, write
from bot.actions.job_folders import JobFolders
from bot.actions.outcome import code
from bot.actions.secrets import masked, opened
from bot.core.variables import Unresolved, resolver, substitute
from bot.endpoints.about import about
from bot.endpoints.outside import Answer as Answered
from bot.endpoints.outside import Forbidden, NotReached, Outside, TooLong
from bot.endpoints.signing import NoSigningSecret, signature, signer
from bot.model.artifact import Artifact
from bot.model.continuation import Continuation
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import DAY, Invoke
from bot.ports import ActionContext, ActionOutcome, ArtifactError, Clock, SealBroken, Secrets

AGAIN_IN = 30.0
SOONEST, LATEST = 1.0, 300.0
SILENCE = 1200.0
"""LMB-3: seconds without an answer that says anything, after which the action fails."""
WHOLE_ANSWER = 4 << 20
"""Bytes of an answer, the files in it included."""
_TAKEN = 429


class InvokeEndpoint:
    """`endpoints` are addresses by the names that files may use. `folder` holds what is received until it is kept."""

    def __init__(
        self,
        outside: Outside,
        endpoints: Mapping[str, str],
        secrets: Secrets,
        handover: Handover,
        clock: Clock,
        folder: Path,
    ) -> None:
        self._outside = outside
        self._endpoints = endpoints
        self._secrets = secrets
        self._handover = handover
        self._clock = clock
        self._folders = JobFolders(folder)

    async def perform(self, context: ActionContext) -> ActionOutcome:
        now = self._clock.now()
        before = context.again or Continuation(now, now, now, 0)
        if now - before.since >= _limit(context):
            why = f": {before.problem}" if before.problem else ""
            return _failed(before, f"it had not finished within its timeout{why}", ErrorCode.TIMEOUT)
        try:
            self._handover.check(context)
            asked = _resolved(context)
            url, trusted = self._address(asked)
            hidden = opened(self._secrets, context)
            webhook = _webhook(hidden, asked.get("secret", ""))
        except (Unresolved, Forbidden, SealBroken, ArtifactError) as error:
            return _failed(before, str(error), code(error))
        body = json.dumps(document(context, asked, before.token)).encode()
        headers = signature(webhook, f"{context.job}/{before.asked}", now, body)
        try:
            answer = await self._outside.post(
                url, body, {"Content-Type": "application/json", **headers}, LATEST, trusted=trusted, limit=WHOLE_ANSWER
            )
            return await self._settle(context, before, answer, hidden.values())
        except TooLong as error:
            return _failed(before, str(error), ErrorCode.CONFIGURATION)
        except NotReached as error:
            return self._again(context, before, str(error))
        except Forbidden as error:
            return _failed(before, str(error), ErrorCode.CONFIGURATION)

    async def abandon(self, job: str) -> None:
        """Whoever asks is cancelled, and that ends it."""

    async def forget(self, job: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folders.of(job), ignore_errors=True)

    async def sweep(self, keep: Collection[str]) -> None:
        for place in self._folders.left(keep):
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    def _address(self, asked: Mapping[str, str]) -> tuple[str, bool]:
        """Where it is, and whether the operator has named it. Raises Forbidden."""
        name = asked.get("function", "")
        if not name:
            return asked["url"], False
        if name not in self._endpoints:
            known = ", ".join(self._endpoints) or "none"
            raise Forbidden(f"no endpoint {name} is known: PENSTOCK_INVOKE_ENDPOINTS names {known}")
        return self._endpoints[name], True

    async def _settle(
        self, context: ActionContext, before: Continuation, answered: Answered, hidden: Collection[str]
    ) -> ActionOutcome:
        """Raises NotReached for what is to be asked again as if nothing had been heard."""
        if answered.status >= 500 or answered.status == _TAKEN:  # noqa: PLR2004
            raise NotReached(f"it answered {answered.status}")
        if not 200 <= answered.status < 300:  # noqa: PLR2004
            moved = ": redirects are not followed, so name the last address" if 300 <= answered.status < 400 else ""  # noqa: PLR2004
            error = ErrorCode.PERMISSION if answered.status in (401, 403) else ErrorCode.CONFIGURATION
            return _failed(before, f"it answered {answered.status}{moved}", error)
        try:
            answer = read(answered.body)
            return await self._outcome(context, before, answer, hidden)
        except (AnswerInvalid, ArtifactError) as error:
            return _failed(before, str(error), ErrorCode.CONFIGURATION)

    async def _outcome(
        self, context: ActionContext, before: Continuation, answer: Answer, hidden: Collection[str]
    ) -> ActionOutcome:
        said = masked({"summary": answer.summary, "url": answer.url}, hidden)
        return replace(await self._judged(context, before, answer, said["summary"], hidden), external_url=said["url"])

    async def _judged(
        self, context: ActionContext, before: Continuation, answer: Answer, summary: str, hidden: Collection[str]
    ) -> ActionOutcome:
        match answer.verdict:
            case Verdict.FAILED:
                return _failed(before, summary or "it says that it has failed", ErrorCode.JOB_FAILED)
            case Verdict.CONTINUE | Verdict.SILENT:
                return self._later(context, before, answer, summary)
        outputs, artifacts = masked(answer.outputs, hidden), await self._kept(context, answer)
        return ActionOutcome(ActionStatus.SUCCEEDED, before.since, summary, outputs=outputs, artifacts=artifacts)

    async def _kept(self, context: ActionContext, answer: Answer) -> Mapping[str, Artifact]:
        """LMB-4. Raises AnswerInvalid, ArtifactError."""
        unknown = next((name for name in answer.files if name not in context.action.outputs), None)
        if unknown is not None:
            raise AnswerInvalid(f"its answer has an artifact {unknown[:100]!r}, which the action's outputs do not name")
        if not context.action.outputs:
            return {}
        place = self._folders.of(context.job)
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
        roots = {}
        for name, patterns in context.action.outputs.items():
            await asyncio.to_thread(write, answer.files.get(name, {}), place / name)
            roots[name] = (place / name, patterns)
        return await self._handover.keep_from(context, roots)

    def _later(self, context: ActionContext, before: Continuation, answer: Answer, summary: str) -> ActionOutcome:
        """LMB-3: what it says is the token from now on; where it says nothing, the old one stays."""
        now, heard = self._clock.now(), answer.verdict is Verdict.CONTINUE
        if not heard and now - before.heard >= SILENCE:
            return _failed(before, f"it has reported nothing for {SILENCE / 60:g} min", ErrorCode.TIMEOUT)
        wait = AGAIN_IN if answer.again_in is None else min(LATEST, max(SOONEST, answer.again_in))
        again = replace(before, heard=now, token=answer.token) if heard else before
        return _again(context, replace(again, at=now + wait, problem=""), summary if heard else "")

    def _again(self, context: ActionContext, before: Continuation, problem: str) -> ActionOutcome:
        now = self._clock.now()
        if now - before.heard >= SILENCE:
            words = f"nothing was heard of it for {SILENCE / 60:g} min: {problem}"
            return _failed(before, words, ErrorCode.SYSTEM_UNAVAILABLE)
        at = now + min(AGAIN_IN, 2.0 ** min(before.asked, 5))
        return _again(context, replace(before, at=at, problem=problem), f"{problem}: it is asked again")


def document(context: ActionContext, asked: Mapping[str, str], token: str) -> dict[str, Any]:
    """LMB-1, and beside it what every endpoint is told."""
    inputs = context.execution.stage_run(context.stage.name).action(context.action.name).inputs
    name = next((asked[key] for key in ("function", "url", "command", "callable") if key in asked), "")
    configuration = {"FunctionName": name, "UserParameters": asked.get("parameters", "")}
    data = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [
            {"name": name, "revision": artifact.id, "files": artifact.files, "size": artifact.size}
            for name, artifact in inputs.items()
        ],
        "outputArtifacts": [{"name": name} for name in context.action.outputs],
        **({"continuationToken": token} if token else {}),
    }
    owner = context.execution.lane.repository.full_name.rpartition("/")[0]
    return {
        "type": "action.invoke",
        "stage": context.stage.name,
        "action": context.action.name,
        "parameters": asked.get("parameters", ""),
        "token": token,
        **about(context.execution),
        "CodePipeline.job": {"id": context.job, "accountId": owner, "data": data},
    }


def _resolved(context: ActionContext) -> Mapping[str, str]:
    """What the file says, with references replaced. Raises Unresolved."""
    work = context.action.work
    assert isinstance(work, Invoke)  # noqa: S101  the runner chose this type by the work's kind
    value = resolver(context.pipeline, context.execution)
    return {key: substitute(str(text), value) for key, text in work.target.items()}


def _webhook(secrets: Mapping[str, str], name: str) -> Webhook | None:
    """What signs the request: the secret of that name. Raises Forbidden."""
    if not name:
        return None
    if name not in secrets:
        raise Forbidden(f"an execution that may not have secrets can't sign with {name}")
    try:
        return signer(secrets[name])
    except NoSigningSecret as error:
        raise Forbidden(f"the secret {name} is no webhook secret: {error}") from None


def _failed(before: Continuation, summary: str, error: ErrorCode) -> ActionOutcome:
    return ActionOutcome(ActionStatus.FAILED, before.since, summary, error)


def _again(context: ActionContext, again: Continuation, summary: str) -> ActionOutcome:
    """Not later than its timeout, which is told then."""
    at = min(again.at, again.since + _limit(context))
    return ActionOutcome(
        ActionStatus.IN_PROGRESS, again.since, summary, again=replace(again, at=at, asked=again.asked + 1)
    )


def _limit(context: ActionContext) -> float:
    return context.action.timeout or DAY
