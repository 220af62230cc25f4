"""Names that a deployment has in every life of the bot: its own, and its group's (section 7, DPL-1)."""

import base64
import hashlib

from bot.ports import ActionContext


def deployment_id(job: str, *, rollback: bool = False) -> str:
    """`d-` and nine capitals and digits, the same for an attempt however often it is performed."""
    digest = hashlib.sha256(f"{job}{':rollback' if rollback else ''}".encode()).digest()
    return "d-" + base64.b32encode(digest).decode()[:9]


def group_id(context: ActionContext) -> str:
    """A deployment group is a deploy action of a pipeline: what one has installed only the same one removes."""
    repository = context.execution.lane.repository
    parts = (repository.provider, repository.id, context.pipeline.name, context.stage.name, context.action.name)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
