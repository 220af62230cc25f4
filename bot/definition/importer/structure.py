"""The rules of CodePipeline's own structure that the conversion would hide (section 3): found on what was written, all at once.

Rules that the pipeline file knows in its own words (references, conditions, names of what stays) are checked after the conversion.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from bot.definition.document import Document, Finding, List, Map, Mark, quoted
from bot.definition.importer import native
from bot.definition.importer.catalogue import ACTIONS, GIT_SOURCES, RULES, Type
from bot.definition.importer.pieces import Piece, marked
from bot.definition.importer.placeholders import has_hole, plain
from bot.definition.shape import findings
from bot.definition.suggest import closest

_MOST_STAGES = 50


def check(body: Map, mark: Mark) -> list[Finding]:
    """Everything that is wrong with a definition. Paths begin at the definition; each finding has its mark."""
    document = Document(body, mark)
    try:
        native.grammar().model_validate(_filled(body))
        found = []
    except ValidationError as error:
        found = findings(error, document, native.Pipeline)
    stages = Piece(body, mark).pieces("stages")
    found += [*_stages(body, mark, stages), *_types(body, stages), *_stores(body, mark, stages), *_triggers(body, mark)]
    for stage in stages:
        for action in stage.pieces("actions"):
            found += _action(action)
        found += _conditions(stage)
    return found


def _filled(value: object) -> object:
    """The definition as it would be if each hole were filled with its own name: what a hole will hold can't be checked."""
    if isinstance(value, Map):
        members = Map(value.mark)
        for key, child in value.items():
            members[key], members.marks[key] = _filled(child), value.marks[key]
        return members
    if isinstance(value, List):
        items = List(value.mark)
        items.extend(_filled(item) for item in value)
        items.marks = value.marks
        return items
    return plain(value) if isinstance(value, str) and has_hole(value) else value


def _told(mark: Mark, reason: str, remedy: str) -> Finding:
    return Finding((), reason, remedy, mark)


def kind_of(action: Piece) -> tuple[str, str, str]:
    """Category, owner and provider."""
    type_id = action.piece("actionTypeId")
    return type_id.text("category"), type_id.text("owner"), type_id.text("provider")


def _is_source(action: Piece) -> bool:
    return kind_of(action)[0] == "Source"


def _stages(body: Map, mark: Mark, stages: list[Piece]) -> Iterator[Finding]:
    """STR-1 to STR-8: the source stage is part of what was written, and vanishes on the way."""
    at = body.marks["stages"][1] if "stages" in body else mark
    if "stages" in body and len(stages) < 2:  # noqa: PLR2004  STR-1
        reason = f"The pipeline has {len(stages)} stage{'' if len(stages) == 1 else 's'}, and needs at least 2 stages."
        yield _told(at, reason, "Begin with a stage of source actions, and add one that does something.")
    names: set[str] = set()
    for index, stage in enumerate(stages):
        yield from _sources(index, stage)
        name = stage.text("name")
        if name and name in names:
            yield _told(stage.mark("name"), f"Stage name {quoted(name)} is used twice.", "Give each its own name.")
        names.add(name)
    outputs: set[str] = set()
    for stage in stages:
        for action in stage.pieces("actions"):
            for place, name in action.names("outputArtifacts"):
                if name in outputs:
                    reason = f"The artifact {quoted(name)} is produced by another action already."
                    yield _told(place, reason, "Give each artifact its own name in the pipeline.")
                outputs.add(name)


def _sources(index: int, stage: Piece) -> Iterator[Finding]:
    actions = stage.pieces("actions")
    names: set[str] = set()
    for action in actions:
        if index == 0 and not _is_source(action):
            reason = "The first stage contains only source actions."
            yield _told(action.start, reason, "Move the action to a later stage.")
        if index > 0 and _is_source(action):
            yield _told(action.start, "A source action stands only in the first stage.", "Move it to the first stage.")
        name = action.text("name")
        if index == 0 and name in names:
            yield _told(action.mark("name"), f"Action name {quoted(name)} is used twice.", "Give each its own name.")
        names.add(name)


def _types(body: Map, stages: list[Piece]) -> Iterator[Finding]:
    """STR-26, TYP-2: a pipeline that calls itself V1 has nothing that only V2 has."""
    if body.get("pipelineType") != "V1":
        return
    for mark, what in _only_v2(body, stages):
        yield _told(mark, f"A pipeline of type V1 has no {what}.", "Write `V2` as its `pipelineType`, or remove it.")


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


def _stores(body: Map, mark: Mark, stages: list[Piece]) -> Iterator[Finding]:
    """STR-13 and STR-14. The bot has a store of its own; none given is no mistake here."""
    if "artifactStore" in body and "artifactStores" in body:
        at = body.marks["artifactStores"][0]
        yield _told(at, "`artifactStore` and `artifactStores` are given together.", "Keep one of the two.")
    stores = Piece(body, mark).take("artifactStores")
    for stage in stages:
        for action in stage.pieces("actions"):
            region, (category, owner, _) = action.text("region"), kind_of(action)
            if region and (category == "Source" or owner in ("ThirdParty", "Custom")):
                yield _told(action.mark("region"), "This action cannot be in another region.", "Remove `region`.")
            elif region and not has_hole(region) and isinstance(stores, Map) and region not in stores:
                reason = f"`artifactStores` has no entry for the region {quoted(region)}."
                yield _told(action.mark("region"), reason, "Add one, or remove `region`.")


def _triggers(body: Map, mark: Mark) -> Iterator[Finding]:
    """STR-23, STR-24 and section 8.2."""
    sources = {
        action.text("name"): kind_of(action)[2]
        for stage in Piece(body, mark).pieces("stages")[:1]
        for action in stage.pieces("actions")
    }
    seen: set[str] = set()
    for trigger in Piece(body, mark).pieces("triggers"):
        git = trigger.piece("gitConfiguration")
        name, at = git.text("sourceActionName"), git.mark("sourceActionName")
        if name and sources.get(name) != GIT_SOURCES[0]:
            meant = closest(name, tuple(sources))
            remedy = f"Did you mean {quoted(meant)}?" if meant else "Name one of the first stage."
            yield _told(at, f"{quoted(name)} is no source action of {GIT_SOURCES[0]}.", remedy)
        if name in seen:
            yield _told(at, f"The source action {quoted(name)} has two triggers.", "Merge them into one.")
        seen.add(name)
        yield from _filters(git)


def _filters(git: Piece) -> Iterator[Finding]:
    entries = [("push", each) for each in git.pieces("push")]
    entries += [("pullRequest", each) for each in git.pieces("pullRequest")]
    if not entries:
        yield _told(git.start, "The trigger names neither `push` nor `pullRequest`.", "Add a filter, or remove it.")
    for event, entry in entries:
        if "tags" in entry.body and len(entry.body) > 1:
            yield _told(entry.on_key("tags"), "`tags` stands alone in a filter.", "Make a filter of each.")
        elif "filePaths" in entry.body and "branches" not in entry.body:
            yield _told(entry.on_key("filePaths"), "`filePaths` needs `branches` beside it.", "Add `branches`.")
        elif not entry.body or (event == "pullRequest" and "branches" not in entry.body):
            yield _told(entry.start, "The filter has no `branches`.", "Add `branches`, or remove the filter.")


def _action(action: Piece) -> Iterator[Finding]:
    category, owner, provider = kind_of(action)
    if category != "Approval" and "timeoutInMinutes" in action.body:
        reason = "`timeoutInMinutes` is only for manual approvals."  # STR-15
        yield _told(action.on_key("timeoutInMinutes"), reason, "Remove it.")
    if category != "Compute":
        for key in ("commands", "outputVariables"):
            if action.body.get(key):
                yield _told(action.on_key(key), f"{quoted(key)} is only for Commands actions.", "Remove it.")
    if category == "Source":  # STR-25
        for mark, text in _values(action):
            if "#{variables." in text:
                yield _told(mark, "A source action cannot use pipeline variables.", "Write the value itself.")
    known = ACTIONS.get((category, provider))
    if owner == "Custom" or not category or not provider or has_hole(provider):
        return
    if known is None:
        yield _unknown(action, category, provider)
        return
    yield from _configuration(action, known, provider)
    yield from _counts(action, known, provider)


def _unknown(action: Piece, category: str, provider: str) -> Finding:
    meant = closest(provider, tuple(name for other, name in ACTIONS if other == category))
    elsewhere = [other for other, name in ACTIONS if name == provider]
    remedy = f"Did you mean {quoted(meant)}?" if meant else "Use owner `Custom` for a type of your own."
    if elsewhere:
        remedy = f"{quoted(provider)} is of category {' or '.join(quoted(each) for each in elsewhere)}."
    mark = action.piece("actionTypeId").mark("provider")
    return _told(mark, f"There is no {category} action of provider {quoted(provider)}.", remedy)


def _values(action: Piece) -> Iterator[tuple[Mark, str]]:
    configuration = action.piece("configuration")
    for key in configuration.body:
        yield configuration.mark(key), configuration.text(key)


def _configuration(part: Piece, known: Type, provider: str) -> Iterator[Finding]:
    """STR-18, C6."""
    configuration = part.piece("configuration")
    for key in configuration.body:
        if known.keys and key not in known.keys:
            meant = closest(key, tuple(sorted(known.keys)))
            remedy = f"Did you mean {quoted(meant)}?" if meant else f"It has {', '.join(sorted(known.keys))}."
            yield _told(configuration.on_key(key), f"{provider} has no configuration key {quoted(key)}.", remedy)
    for key in sorted(known.required - set(configuration.body)):
        reason = f"The configuration of {provider} lacks {quoted(key)}."
        yield _told(part.mark("configuration"), reason, f"Add `{key}`.")


def _counts(action: Piece, known: Type, provider: str) -> Iterator[Finding]:
    """STR-11, STR-16."""
    for key, (least, most), what in (
        ("inputArtifacts", known.inputs, "input"),
        ("outputArtifacts", known.outputs, "output"),
    ):
        count = len(list(marked(action.take(key))))
        if not least <= count <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            reason = f"{provider} takes {wanted} {what} artifacts, and has {count} here."
            yield _told(action.mark(key), reason, f"Give it {wanted}.")


def _conditions(stage: Piece) -> Iterator[Finding]:
    """STR-20, STR-21, and the configuration of rules."""
    for key, results in (("beforeEntry", ("FAIL", "SKIP")), ("onSuccess", ("FAIL", "ROLLBACK"))):
        for condition in stage.piece(key).pieces("conditions"):
            result = condition.text("result")
            if result and result not in results:
                allowed = " or ".join(quoted(each) for each in results)
                yield _told(condition.mark("result"), f"{quoted(key)} cannot {quoted(result)}.", f"Write {allowed}.")
    failure = stage.piece("onFailure")
    if failure.text("result") == "RETRY" and failure.body.get("conditions"):
        yield _told(failure.on_key("conditions"), "The result `RETRY` takes no conditions.", "Remove one of the two.")
    for key in ("beforeEntry", "onSuccess", "onFailure"):
        for condition in stage.piece(key).pieces("conditions"):
            for rule in condition.pieces("rules"):
                yield from _rule(rule)


def _rule(rule: Piece) -> Iterator[Finding]:
    provider = rule.piece("ruleTypeId").text("provider")
    known = RULES.get(provider)
    if known is not None:
        yield from _configuration(rule, known, provider)
    elif provider:
        meant = closest(provider, tuple(RULES))
        remedy = f"Did you mean {quoted(meant)}?" if meant else f"There are {', '.join(RULES)}."
        yield _told(rule.piece("ruleTypeId").mark("provider"), f"There is no rule {quoted(provider)}.", remedy)
