"""From bytes to documents of CodePipeline's own formats, and how they are told from our own. What they hold is not known here."""

import re
from collections.abc import Sequence

from bot.definition.document import Document, Finding, Map, Path
from bot.definition.syntax import read_documents

_SHORT = ("Base64", "Cidr", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join", "Length", "Select", "Split", "Sub", "ToJsonString", "Transform", "And", "Equals", "Not", "Or")  # fmt: skip
TAGS = {"!Ref": "Ref", "!Condition": "Condition", **{f"!{name}": f"Fn::{name}" for name in _SHORT}}
"""CloudFormation's short forms, and the long ones that they stand for."""

PIPELINE = "AWS::CodePipeline::Pipeline"
"""The type of the resources that are looked for in a template."""

_PAIR = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def is_foreign(documents: Sequence[Document]) -> bool:
    """Whether the file is in one of CodePipeline's own structures: `get-pipeline` JSON, or a CloudFormation template.

    Our own file has neither key, so there is nothing to be mistaken about.
    """
    return any(is_definition(document.root) or is_template(document.root) for document in documents)


def is_definition(root: object) -> bool:
    """`{"pipeline": {…}, "metadata": {…}}`, or what is in `pipeline` alone."""
    return isinstance(root, Map) and ("pipeline" in root or ("stages" in root and "roleArn" in root))


def is_template(root: object) -> bool:
    return isinstance(root, Map) and "Resources" in root


def read_foreign(data: bytes) -> tuple[list[Document], list[Finding]]:
    """As `read_documents` does, with CloudFormation's tags allowed. What is wrong elsewhere in a template is not looked at."""
    documents, findings = read_documents(mend(data), TAGS)
    return documents, [finding for finding in findings if not _is_elsewhere(finding.path, documents)]


def _is_elsewhere(path: Path, documents: Sequence[Document]) -> bool:
    """Whether a path lies in a resource that is no pipeline."""
    for document in documents if len(path) > 2 and path[0] == "Resources" else ():  # noqa: PLR2004  a key inside a resource
        resources = document.root.get("Resources") if isinstance(document.root, Map) else None
        resource = resources.get(str(path[1])) if isinstance(resources, Map) else None
        if isinstance(resource, Map) and resource.get("Type") != PIPELINE:
            return True
    return False


def mend(data: bytes) -> bytes:
    """JSON writes a character beyond the first plane as two escapes, which YAML does not know; it becomes the character."""
    return _PAIR.sub(_character, data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else data


def _character(match: re.Match[bytes]) -> bytes:
    pair = b"".join(int(part, 16).to_bytes(2, "big") for part in (match[2], match[3]))
    return match[1] + pair.decode("utf-16-be").encode()
