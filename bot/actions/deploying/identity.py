"""Names that a deployment has in every life of the bot: its own, and its group's (section 7, DPL-1)."""

import base64
import hashlib
from dataclasses import dataclass

from bot.model.cluster_deployment import ManifestDeploy
from bot.model.pipeline import Deploy
from bot.ports import ActionContext


def deployment_id(job: str, *, rollback: bool = False) -> str:
    """`d-` and nine capitals and digits, the same for an attempt however often it is performed."""
    digest = hashlib.sha256(f"{job}{':rollback' if rollback else ''}".encode()).digest()
    return "d-" + base64.b32encode(digest).decode()[:9]


@dataclass(frozen=True, slots=True)
class Group:
    """A deployment group, within its repository: what one has installed only the same one removes. The names are those of its scripts' environment."""

    id: str
    application: str
    name: str


def group_of(context: ActionContext, *place: str) -> Group:
    """The one that the action names, or else its own. A group's own name can be given, too, so that it outlives what it was called after.

    It is another in each `place`, where its action can go to several.
    """
    own = (context.pipeline.name, context.stage.name, context.action.name)
    work = context.action.work
    named = work.options.group if isinstance(work, Deploy) else ""
    named = work.group if isinstance(work, ManifestDeploy) else named
    parts = tuple(named.split("/")) if named else own
    if len(parts) == 1:
        parts = (context.pipeline.name, *parts)
    repository = context.execution.lane.repository
    digest = hashlib.sha256("\0".join((repository.provider, repository.id, *parts, *place)).encode()).hexdigest()
    return Group(f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}", *parts[:2])
