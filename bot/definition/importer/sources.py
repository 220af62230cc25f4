"""The source stage: one Git source becomes the pushed commit and what starts the pipeline, all others become `source` actions."""

from collections.abc import Iterator

from bot.definition.importer import schedules
from bot.definition.importer.catalogue import GIT_SOURCES
from bot.definition.importer.conversion import Conversion, flag
from bot.definition.importer.pieces import Made, Piece, gather
from bot.definition.importer.placeholders import has_hole, plain
from bot.definition.importer.rules.parts import kind_of

_REPOSITORY = {"CodeStarSourceConnection": "FullRepositoryId", "CodeCommit": "RepositoryName", "GitHub": "Repo"}
_EVENTS = {"OPEN": "opened", "UPDATED": "updated", "CLOSED": "closed"}


def primary(stages: list[Piece]) -> Piece | None:
    """The source action that stands for the pushed commit: the first that reads a Git repository."""
    actions = stages[0].pieces("actions") if stages else []
    sources = [action for action in actions if kind_of(action)[0] == "Source"]
    git = [action for action in sources if kind_of(action)[2] in GIT_SOURCES]
    own = [action for action in sources if kind_of(action)[1] == "Custom"]
    return next(iter(git or own), None)


def branch(action: Piece) -> str:
    configuration = action.piece("configuration")
    return configuration.text("BranchName") or configuration.text("Branch")


def triggers(work: Conversion, body: Piece, source: Piece | None) -> Made:
    """What starts the pipeline. It is always said: a file that says nothing also runs for pull requests."""
    if source is not None:
        made = _of_source(work, body, source)
    else:
        made = Made(body.start)
        text = "no source action reads a Git repository: it is started by hand until a trigger is written here"
        made.remark("", work.ledger.approximated(body.mark("stages"), text))
    _scheduled(work, made)
    return made


def _of_source(work: Conversion, body: Piece, source: Piece) -> Made:
    name = source.text("name")
    own = [
        trigger.piece("gitConfiguration")
        for trigger in body.pieces("triggers")
        if trigger.piece("gitConfiguration").text("sourceActionName") == name
    ]
    for trigger in body.pieces("triggers"):
        if trigger.piece("gitConfiguration").text("sourceActionName") != name:
            text = "a trigger of another source: every push to its branch starts the pipeline, without filters"
            work.ledger.approximated(trigger.start, text)
    if own:
        return _filtered(work, own[0])
    return _default(work, source)


def _default(work: Conversion, source: Piece) -> Made:
    """Section 8.1: without filters, pushes to the branch of the source action."""
    configuration, made, push = source.piece("configuration"), Made(source.start), Made(source.start)
    key = "DetectChanges" if "DetectChanges" in configuration.body else "PollForSourceChanges"
    mark = configuration.mark(key)
    if not flag(configuration.text(key), default=True):
        if key == "DetectChanges":
            work.ledger.mapped(mark, "`DetectChanges: false`: nothing starts it by itself")
            made.remark("", "DetectChanges was false: it is started by hand.")
            return made
        if not work.around.told_of_pushes:
            text = "it was not polled: an event rule or a webhook is taken to have started it at each push"
            push.remark("branches", work.ledger.approximated(mark, text))
    name = branch(source)
    if not name or has_hole(name):
        text = f"the branch was `{plain(name)}`, which" if name else "the branch"
        told = f"{text} the file does not know: `main` is taken for it"
        push.remark("branches", work.ledger.approximated(configuration.start, told))
        name = "main"
    work.ledger.mapped(source.start, f"pushes to `{name}` start it")
    push.put("branches", [_escaped(name)])
    made.put("push", push)
    return made


def _escaped(name: str) -> str:
    """A branch's name as a pattern that means only itself."""
    return "".join(f"\\{char}" if char in "*?[]{}\\" else char for char in name)


def _filtered(work: Conversion, git: Piece) -> Made:
    made = Made(git.start)
    push = [_filter(work, entry) for entry in git.pieces("push")]
    pull_request = [_filter(work, entry) for entry in git.pieces("pullRequest")]
    for key, entries in (("push", push), ("pull_request", pull_request)):
        if entries:
            made.put(key, entries[0] if len(entries) == 1 else gather(entries, entries[0].mark), entries[0].mark)
    work.ledger.mapped(git.start, f"triggers: {', '.join(made) or 'none'}")
    return made


def _filter(work: Conversion, entry: Piece) -> Made:
    made = Made(entry.start)
    events = [_EVENTS[event] for event in entry.texts("events") if event in _EVENTS]
    if events and len(events) < len(_EVENTS):
        made.put("events", events, entry.mark("events"))
    for key, ours in (("branches", "branches"), ("tags", "tags"), ("filePaths", "paths")):
        if key in entry.body:
            patterns = _patterns(work, entry.piece(key))
            made.put(ours, patterns, entry.mark(key))
    return made


def _patterns(work: Conversion, part: Piece) -> object:
    include = [work.fixed(text, part.mark("includes")) for text in part.texts("includes")]
    exclude = [work.fixed(text, part.mark("excludes")) for text in part.texts("excludes")]
    if include and not exclude:
        return include
    made = Made(part.start)
    for key, texts in (("include", include), ("exclude", exclude)):
        if texts:
            made.put(key, texts)
    return made


def _scheduled(work: Conversion, made: Made) -> None:
    crons: list[str] = []
    for mark, expression in work.around.schedules:
        cron = schedules.from_schedule(expression)
        if cron is None:
            text = f"the schedule `{plain(expression)}` cannot be said in five fields"
            made.remark("schedule" if crons else "", work.ledger.missing(mark, text))
        else:
            work.ledger.mapped(mark, f"`{expression}` is the schedule `{cron}`")
            crons.append(cron)
    if crons:
        made.put("schedule", crons, work.around.schedules[0][0])


def tell_of_primary(work: Conversion, source: Piece) -> None:
    """What the source action becomes, and what of it has no meaning when the commit comes by itself."""
    configuration, (_, _, provider) = source.piece("configuration"), kind_of(source)
    key = _REPOSITORY.get(provider, "")
    repository = configuration.text(key) if key else configuration.text("GitUrl")
    of = f" of `{plain(repository)}`" if repository else ""
    work.ledger.mapped(source.start, f"the source action `{source.text('name')}` is the pushed commit{of}")
    if configuration.text("OutputArtifactFormat") == "CODEBUILD_CLONE_REF":
        work.ledger.approximated(
            configuration.mark("OutputArtifactFormat"), "the clone is `checkout: {depth: full}`, for all actions"
        )


def wants_history(source: Piece | None) -> bool:
    """SRC-1: a clone has its history."""
    return source is not None and source.piece("configuration").text("OutputArtifactFormat") == "CODEBUILD_CLONE_REF"


def others(stages: list[Piece], source: Piece | None) -> Iterator[tuple[Piece, Piece]]:
    """Source actions that do not stand for the pushed commit, with their stages."""
    for stage in stages:
        for action in stage.pieces("actions"):
            if kind_of(action)[0] == "Source" and (source is None or action.body is not source.body):
                yield stage, action


def described(work: Conversion, action: Piece) -> Made:
    """A further source as our `source` action names it."""
    configuration, (_, _, provider) = action.piece("configuration"), kind_of(action)
    made = Made(configuration.start)
    text = {key: work.fixed(configuration.text(key), configuration.mark(key)) for key in configuration.body}
    match provider:
        case "S3":
            _describe(made, "s3", {"bucket": text.get("S3Bucket"), "key": text.get("S3ObjectKey")})
            told = f"the bot must be given the bucket `{made.get('bucket', '')}`: PENSTOCK_SOURCE_BUCKETS"
            made.remark("", work.ledger.approximated(action.start, told))
        case "ECR":
            _describe(made, "image", {"repository": text.get("RepositoryName"), "tag": text.get("ImageTag")})
            told = "the bot must be given the registry: PENSTOCK_SOURCE_REGISTRIES"
            made.remark("", work.ledger.approximated(action.start, told))
        case "GitHub":
            whole = f"{text.get('Owner', '')}/{text.get('Repo', '')}"
            _describe(made, "git", {"repository": whole, "branch": text.get("Branch")})
        case _:
            repository = text.get("FullRepositoryId") or text.get("RepositoryName") or ""
            if provider == "CodeCommit" and repository and "/" not in repository:
                made.remark("", work.ledger.approximated(action.start, "put the repository's owner before its name"))
                repository = f"OWNER/{repository}"
            _describe(made, "git", {"repository": repository, "branch": text.get("BranchName")})
    if text.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF":
        made.put("format", "clone", configuration.mark("OutputArtifactFormat"))
    if not flag(text.get("DetectChanges", ""), default=True):
        made.put("detect_changes", value=False, mark=configuration.mark("DetectChanges"))
    return made


def _describe(made: Made, kind: str, values: dict[str, str | None]) -> None:
    made.put("type", kind)
    for key, value in values.items():
        if value:
            made.put(key, value)
