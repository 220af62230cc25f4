"""A definition in CodePipeline's own structure to a pipeline file, as a document that still knows where each part came from."""

from bot.definition.document import Mark, Plain
from bot.definition.importer import actions, conditions, sources
from bot.definition.importer.conversion import Conversion
from bot.definition.importer.notes import Ledger
from bot.definition.importer.pieces import Made, Piece, gather
from bot.definition.importer.placeholders import Hole, plain
from bot.definition.importer.regions import home_of
from bot.definition.importer.template import Native
from bot.definition.outline import SOURCE

_MODES = {"QUEUED": "queued", "PARALLEL": "parallel"}
_BUILT_IN = ("codepipeline", "variables", SOURCE)
_STORES = ("artifactStore", "artifactStores")


def convert(native: Native, mark: Mark, ledger: Ledger) -> Made:
    body = Piece(native.body, mark)
    stages = body.pieces("stages")
    work = Conversion(ledger, native.around, home_of(native.body, mark, stages, native.region))
    source = sources.primary(stages)
    _rename(work, stages, source)
    made = Made(mark)
    made.put("name", work.name(body.text("name")) or native.name or "pipeline", body.mark("name"))
    mode = body.text("executionMode")
    if mode in _MODES:
        made.put("mode", _MODES[mode], body.mark("executionMode"))
    triggers = sources.triggers(work, body, source)
    work.remark(triggers)
    made.put("triggers", triggers, triggers.mark)
    if source is not None:
        sources.tell_of_primary(work, source)
    converted = [stage for each in stages if (stage := _stage(work, each, source)) is not None]
    _variables(work, body, made)
    if sources.wants_history(source):
        made.put("checkout", {"depth": "full"})
    made.put("stages", gather(converted, body.mark("stages")), body.mark("stages"))
    _left(work, body, native)
    return made


def _rename(work: Conversion, stages: list[Piece], source: Piece | None) -> None:
    """The primary source's artifact and namespace get the names that they have here; whoever had those gets others."""
    for stage in stages:
        for action in stage.pieces("actions"):
            primary = source is not None and action.body is source.body
            for _, name in action.names("outputArtifacts"):
                if primary:
                    work.artifacts[name] = SOURCE
                elif name == SOURCE:
                    work.artifacts.setdefault(name, f"{SOURCE}-artifact")
            namespace = action.text("namespace")
            if primary and namespace:
                work.namespaces[namespace] = SOURCE
            elif namespace in _BUILT_IN:
                work.namespaces.setdefault(namespace, f"{namespace}-variables")


def _stage(work: Conversion, stage: Piece, source: Piece | None) -> Made | None:
    """None for the source stage, when nothing of it is left to do."""
    made = Made(stage.start)
    made.put("name", work.name(stage.text("name")) or "stage", stage.mark("name"))
    kept = [each for each in stage.pieces("actions") if source is None or each.body is not source.body]
    if not kept and stage.pieces("actions"):
        return None
    conditions.convert(work, stage, made)
    converted = [actions.convert(work, each) for each in kept]
    if len({each.get("run_order") for each in converted}) == 1:
        for each in converted:  # All at once is what no order means.
            each.pop("run_order", None)
    made.put("actions", gather(converted, stage.mark("actions")), stage.mark("actions"))
    if "blockers" in stage.body:
        stage.take("blockers")
        work.ledger.missing(stage.on_key("blockers"), "`blockers` have no effect, there or here")
    work.leave(stage, "the key")
    return made


def _variables(work: Conversion, body: Piece, made: Made) -> None:
    variables = Made(body.mark("variables"))
    for piece in body.pieces("variables"):
        name = plain(piece.text("name"))
        default = piece.take("defaultValue")
        entry = Made(piece.start)
        if isinstance(default, str):
            entry.put("default", work.fixed(str(default), piece.mark("defaultValue")), piece.mark("defaultValue"))
        if piece.text("description"):
            entry.put("description", plain(piece.text("description")), piece.mark("description"))
        if name:
            variables.put(name, _short(entry), piece.start)
            work.ledger.mapped(piece.start, f"the variable `{name}`")
    asked = [name for name in work.used if name not in variables]
    for name in asked:
        variables.put(name, _asked_for(work.used[name]))
    if asked:
        told = ", ".join(f"`{name}`" for name in asked)
        text = f"the template has no value for {told}: give each a default, or a value at every start"
        variables.remark(asked[0], work.ledger.approximated(variables.mark, text))
    work.remark(variables)
    if variables:
        made.put("variables", variables, variables.mark)


def _short(entry: Made) -> object:
    if set(entry) == {"default"}:
        return entry["default"]
    return entry or None


def _asked_for(hole: Hole) -> object:
    return {"description": hole.description[:200]} if hole.description else None


def _left(work: Conversion, body: Piece, native: Native) -> None:
    for key in _STORES:
        if key in body.body:
            body.take(key)
            work.ledger.missing(body.on_key(key), f"`{key}`: where the bot keeps artifacts is for its settings to say")
    for key, text in (("roleArn", "actions have no role of AWS's"), ("version", "versions are counted by the bot")):
        if key in body.body:
            body.take(key)
            work.ledger.missing(body.on_key(key), f"`{key}`: {text}")
    kind = body.take("pipelineType")
    if isinstance(kind, str) and not isinstance(kind, Plain):
        work.ledger.mapped(body.mark("pipelineType"), f"`{kind}`: a file here can do all that V2 can")
    for mark, key in native.extras:
        text = "hold stages with `/hold`" if key == "DisableInboundStageTransitions" else "has no meaning here"
        work.ledger.missing(mark, f"`{key}`: {text}")
    work.leave(body, "the key")
