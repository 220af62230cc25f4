"""Webhooks of pipelines (section 7.5): an address that anybody can be given, who may call it, and which calls start the pipeline."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

PLACEHOLDER = re.compile(r"\{([A-Za-z0-9]+)\}")

PLACEHOLDERS: Mapping[str, str] = {
    "branch": "branch",
    "branchname": "branch",
    "repository": "repository",
    "repo": "repository",
    "repositoryname": "repository",
    "fullrepositoryid": "repository",
    "bucket": "bucket",
    "s3bucket": "bucket",
    "key": "key",
    "s3objectkey": "key",
    "tag": "tag",
    "imagetag": "tag",
}
"""What can stand in braces in a filter, in small letters: ours and AWS's names for it, however they are written."""


class Authentication(StrEnum):
    HMAC = "hmac"
    IP = "ip"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WebhookFilter:
    """A call passes when the JSON path finds `equals` in its body, or (None) finds anything at all."""

    path: str
    equals: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookTrigger:
    """`secret` is one of the pipeline's `secrets`, for HMAC; `allowed_ips` are ranges of addresses, for IP. All `filters` must pass.

    `variables` take their values from the body, by JSON paths. `source` is the action whose configuration fills the templates
    in filters, "" for the pushed commit's.
    """

    name: str
    authentication: Authentication
    secret: str = ""
    allowed_ips: tuple[str, ...] = ()
    filters: tuple[WebhookFilter, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
