"""What a pipeline of type V1 cannot have (STR-26, TYP-2), and artifact stores of regions (STR-13, STR-14)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Mark, quoted
from bot.definition.importer.catalogue import ACTIONS
from bot.definition.importer.pieces import Piece
from bot.definition.importer.regions import abroad, home_of, only_at_home
from bot.definition.importer.rules.parts import kind_of, told


def check_type(body: Map, stages: list[Piece]) -> Iterator[Finding]:
    """STR-26, TYP-2: a pipeline that calls itself V1 has nothing that only V2 has."""
    if body.get("pipelineType") != "V1":
        return
    for mark, what in _only_v2(body, stages):
        yield told(mark, f"A pipeline of type V1 has no {what}.", "Write `V2` as its `pipelineType`, or remove it.")


def _only_v2(body: Map, stages: list[Piece]) -> Iterator[tuple[Mark, str]]:
    mode = body.get("executionMode")
    if isinstance(mode, str) and mode in ("QUEUED", "PARALLEL"):
        yield body.marks["executionMode"][1], f"mode {quoted(mode)}"
    for key in ("variables", "triggers"):
        if body.get(key):
            yield body.marks[key][0], quoted(key)
    for stage in stages:
        for key in ("beforeEntry", "onSuccess", "onFailure"):
            if key in stage.body:
                yield stage.on_key(key), quoted(key)
        for action in stage.pieces("actions"):
            category, _, provider = kind_of(action)
            known = ACTIONS.get((category, provider))
            if known is not None and known.v2:
                yield action.piece("actionTypeId").mark("provider"), f"{quoted(provider)} actions"


def check_stores(body: Map, mark: Mark, stages: list[Piece], region: str = "") -> Iterator[Finding]:
    """STR-13 and STR-14. The bot has a store of its own; none given is no mistake here."""
    if "artifactStore" in body and "artifactStores" in body:
        at = body.marks["artifactStores"][0]
        yield told(at, "`artifactStore` and `artifactStores` are given together.", "Keep one of the two.")
    stores = Piece(body, mark).take("artifactStores")
    home = home_of(body, mark, stages, region)
    for action in (action for stage in stages for action in stage.pieces("actions")):
        other = abroad(action, home)
        if other and only_at_home(action):
            yield told(action.mark("region"), "This action cannot be in another region.", "Remove `region`.")
        elif other and not (isinstance(stores, Map) and other in stores):
            reason = f"`artifactStores` has no entry for the region {quoted(other)}."
            yield told(action.mark("region"), reason, "Add one, or remove `region`.")
