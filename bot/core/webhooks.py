"""Whether a call of a webhook starts its pipeline, and with which variables (section 7.5). JSON paths are RFC 9535's.

A template in a filter is filled from the configuration of the action that the webhook is for: `refs/heads/{branch}`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model import json_path
from bot.model.pipeline import Pipeline, SourceWork
from bot.model.source import GitSource, ImageSource, ObjectSource
from bot.model.webhook import PLACEHOLDER, PLACEHOLDERS, WebhookTrigger

LONGEST_VALUE = 1000  # section 1.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` says why the call starts nothing, "" when it does."""

    reason: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


def configuration(pipeline: Pipeline, webhook: WebhookTrigger, repository: str, branch: str) -> Mapping[str, str]:
    """What templates are filled with: of the action that the webhook is for, else of the pipeline's own repository."""
    works = (action.work for stage in pipeline.stages for action in stage.actions if action.name == webhook.source)
    source = next((work.source for work in works if isinstance(work, SourceWork)), None)
    match source:
        case GitSource():
            return {"repository": source.repository, "branch": source.branch}
        case ObjectSource():
            return {"bucket": source.bucket, "key": source.key}
        case ImageSource():
            return {"repository": source.repository, "tag": source.tag}
    return {"repository": repository, "branch": branch}


def judge(webhook: WebhookTrigger, body: object, known: Mapping[str, str]) -> Verdict:
    """`body` is parsed JSON, `known` what templates are filled with."""
    for each in webhook.filters:
        wanted = None if each.equals is None else PLACEHOLDER.sub(lambda found: _filled(found, known), each.equals)
        found = json_path.found(each.path, body)
        if wanted is None and not found:
            return Verdict(f"{each.path} is not in it")
        if wanted is not None and wanted not in found:
            had = f"is {_shown(found[0])}" if found else "is not in it"
            return Verdict(f"{each.path} {had}, and must be {_shown(wanted)}")
    variables = {}
    for name, path in webhook.variables.items():
        values = json_path.found(path, body)
        if values and len(values[0]) > LONGEST_VALUE:
            return Verdict(f"the value for {name} is longer than {LONGEST_VALUE} characters")
        if values:
            variables[name] = values[0]
    return Verdict(variables=variables)


def _filled(placeholder: re.Match[str], known: Mapping[str, str]) -> str:
    return known.get(PLACEHOLDERS.get(placeholder[1].lower(), ""), placeholder[0])


def _shown(value: str) -> str:
    return json.dumps(value if len(value) <= 80 else f"{value[:79]}…", ensure_ascii=False)  # noqa: PLR2004
