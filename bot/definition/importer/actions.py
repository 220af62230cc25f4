"""An action: what it does, and the keys that all actions share."""

from bot.definition.importer import builds, others, sources
from bot.definition.importer.conversion import Conversion
from bot.definition.importer.pieces import Made, Piece
from bot.definition.importer.placeholders import Origin, plain
from bot.definition.importer.regions import abroad, only_at_home
from bot.definition.importer.rules.parts import kind_of
from bot.definition.outline import SOURCE

_KINDS = ("run", "build", "test", "deploy", "approve", "invoke", "source", "use")


def convert(work: Conversion, action: Piece) -> Made:
    made = Made(action.start)
    made.put("name", work.name(action.text("name")) or "action", action.mark("name"))
    order = action.take("runOrder")
    if isinstance(order, str) and order.isdecimal() and order != "1" and len(order) < 10:  # noqa: PLR2004
        made.put("run_order", int(order), action.mark("runOrder"))
    _work(work, action, made)
    if "approve" not in made:
        _artifacts(work, action, made)
        _namespace(work, action, made)
    _region(work, action, made)
    if "roleArn" in action.body:
        work.ledger.missing(action.on_key("roleArn"), "`roleArn`: actions run where the bot runs them")
    for key in ("roleArn", "configuration", "timeoutInMinutes", "namespace"):
        action.take(key)
    for key in ("inputArtifacts", "outputArtifacts", "commands", "outputVariables", "environmentVariables"):
        action.take(key)
    work.leave(action, "the key")
    work.remark(made)
    kind = next(key for key in _KINDS if key in made)
    _, _, provider = kind_of(action)
    work.ledger.mapped(action.start, f"`{made['name']}` ({plain(provider) or 'no provider'}) became `{kind}`")
    return made


def _work(work: Conversion, action: Piece, made: Made) -> None:
    category, owner, provider = kind_of(action)
    if category == "Source" and owner != "Custom":
        made.put("source", sources.described(work, action))
    elif owner == "Custom":
        others.plug_in(work, action, made, provider)
    elif provider == "CodeBuild":
        builds.build(work, action, made, "test" if category == "Test" else "build")
    elif provider == "Commands":
        builds.commands(work, action, made)
    elif category == "Approval":
        others.approval(work, action, made)
    elif category == "Invoke" and provider in others.INVOCATIONS:
        others.invocation(work, action, made, provider)
    else:
        others.deployment(work, action, made, provider)


def _artifacts(work: Conversion, action: Piece, made: Made) -> None:
    """The primary source first (BLD-1); a checkout of the commit alone is what every action has anyway."""
    names = [work.artifact(name) for _, name in action.names("inputArtifacts")]
    primary = work.artifact(action.piece("configuration").text("PrimarySource"))
    names = list(dict.fromkeys(sorted(names, key=lambda name: name != primary)))
    if names and names != [SOURCE]:
        made.put("inputs", names, action.mark("inputArtifacts"))
    if "build" in made or "test" in made:
        named = [name for _, text in action.names("outputArtifacts") if (name := work.artifact(text))]
        if named:
            made.put("outputs", named, action.mark("outputArtifacts"))
        return
    outputs = Made(action.mark("outputArtifacts"))
    for piece in action.pieces("outputArtifacts"):
        files = piece.texts("files")
        name = work.artifact(piece.text("name"))
        if name:
            outputs.put(name, files or ["**"], piece.mark("name"))
    if outputs:
        made.put("outputs", outputs)


def _region(work: Conversion, action: Piece, made: Made) -> None:
    """ART-7: only an action that is not at home needs a store besides the bot's own, and only where it can have artifacts."""
    region, text = abroad(action, work.region), action.text("region")
    if region and "approve" not in made and not only_at_home(action):
        made.put("region", region, action.mark("region"))
        told = f"the bot must be given an artifact store for `{region}`: PENSTOCK_ARTIFACT_STORES"
        made.remark("", work.ledger.approximated(action.mark("region"), told))
    elif open_ := next((hole for hole in work.around.holes.found(text) if hole.origin is not Origin.STACK), None):
        told = f"`region` is `{open_.name}`, {open_.origin}: write it as `region:` where it is not the bot's own"
        made.remark("", work.ledger.missing(action.mark("region"), told))
    elif text:
        whose = "an approval keeps nothing there" if region else "the bot's own"
        work.ledger.mapped(action.on_key("region"), f"`region`: {whose}")


def _namespace(work: Conversion, action: Piece, made: Made) -> None:
    name = action.text("namespace")
    if name:
        made.put("namespace", work.namespaces.get(name, plain(name)), action.mark("namespace"))
