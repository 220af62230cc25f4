"""What an earlier deployment deployed, had again: from the artifact store, or from the repository."""

from pathlib import Path

from bot.model.server_deployment import Bundle
from bot.ports import ActionContext, Artifacts, Sources


async def bring_again(
    context: ActionContext, bundle: Bundle, folder: Path, sources: Sources, artifacts: Artifacts
) -> None:
    """Into `folder`, which is made anew. Raises ArtifactError, CommitUnavailable, HostRefused."""
    await sources.remove(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if bundle.artifact:
        await artifacts.unpack(bundle.space, bundle.artifact, folder)
        return
    repository, checkout = context.execution.lane.repository, context.pipeline.checkout
    await sources.fetch(repository, [bundle.commit], checkout)
    await sources.check_out(repository, bundle.commit, checkout, folder)
