"""Where a repository, a pipeline and a lane have their pages, and which of them an address names."""

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from bot.model.execution import LaneKey
from bot.model.repository import Ref, Repository
from bot.ports import Store

# A repository's name may have many parts, and so may a ref's: `/-/` stands between them.
REPOSITORY = r"/repositories/{provider:[a-z][a-z-]*}/{repository:[^/]+/.+?}"
PIPELINE = REPOSITORY + "/-/{pipeline}"
LANE = PIPELINE + r"/{ref:(?:heads|tags|pull)/.+}"


def repository_path(repository: Repository) -> str:
    return f"/repositories/{repository.provider}/{quote(repository.full_name)}"


def pipeline_path(repository: Repository, pipeline: str) -> str:
    return f"{repository_path(repository)}/-/{quote(pipeline, safe='')}"


def lane_path(lane: LaneKey) -> str:
    return f"{pipeline_path(lane.repository, lane.pipeline)}/{quote(str(lane.ref))}"


def places_of(lane: LaneKey) -> Mapping[str, str]:
    """The pages above an execution's."""
    return {
        "repository": repository_path(lane.repository),
        "pipeline": pipeline_path(lane.repository, lane.pipeline),
        "lane": lane_path(lane),
    }


async def named_repository(store: Store, request: web.Request) -> tuple[Repository, str]:
    """The repository that the address names, by its name or by one that it had before; and its default branch. Raises HTTPNotFound."""
    provider, name = request.match_info["provider"], request.match_info["repository"]
    found = await store.called(provider, name)
    if found is None:
        raise web.HTTPNotFound(text="No repository of that name has been heard of.")
    return found


async def named_lane(store: Store, request: web.Request) -> LaneKey:
    """The lane that the address names, whether it has had an execution or not. Raises HTTPNotFound."""
    repository, _ = await named_repository(store, request)
    return LaneKey(repository, request.match_info["pipeline"], Ref.parse(request.match_info["ref"]))
