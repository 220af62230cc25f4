"""The pipeline files of a commit to pipelines, or to all their problems at once."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.definition import availability, checks
from bot.definition.availability import NOT_YET, NotYet
from bot.definition.digest import digest
from bot.definition.document import Document, Finding, Map, Mark, locate, quoted, written
from bot.definition.grammar import pipeline as grammar
from bot.definition.grammar.text import NAME
from bot.definition.importer import Translation, is_foreign, mend, read_foreign, translate
from bot.definition.outline import mapping_at, outline, text_at
from bot.definition.shape import validate
from bot.definition.syntax import read_documents
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem

Unsealed = Callable[[str, str], str]
"""Whether a secret of that name opens, as it is sealed: "" when it does, else why not."""

MOST_PIPELINES = 50
MOST_PROBLEMS = 200
"""Told of one file, and then that there are more."""

_FOLDER = ".pipelines/"
PIPELINE_PATHS = (".pipeline.yml", ".pipeline.yaml", ".pipeline.json", _FOLDER)
"""Where pipeline files are; the one that ends in `/` stands for the files right in it."""

_IN_FOLDER = re.compile(r"\.pipelines/[^/]+\.(ya?ml|json)")
_LONGEST_NAME = 100
_BEGINNING = Mark(1, 1)


@dataclass(frozen=True, slots=True)
class Definitions:
    """`pipelines` are those of files without any problem. `broken` has the others' files, with the names of what they
    would define as far as that can be told: where a failed status belongs.
    """

    pipelines: tuple[Pipeline, ...] = ()
    problems: tuple[Problem, ...] = ()
    broken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def default_name(file: str, repository_name: str) -> str:
    """The name of a pipeline that gives none: the repository's for `.pipeline.yml`, else the file's stem.

    Characters that a name cannot have become `-`.
    """
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    name = re.sub(r"[^A-Za-z0-9.@_-]+", "-", repository_name if stem == ".pipeline" else stem)[:_LONGEST_NAME]
    return name if name.strip(".") else "pipeline"


def read_definitions(
    files: Mapping[str, bytes],
    repository_name: str,
    not_yet: Sequence[NotYet] = NOT_YET,
    unsealed: Unsealed | None = None,
) -> Definitions:
    """All pipelines and all problems of these files. What else lies in `.pipelines/`, a README say, is passed over;
    any other file is read whatever its name, since whoever hands it in asks about it.

    `not_yet` lists what counts as a problem though the grammar allows it. `unsealed` None: nobody here can open secrets.
    """
    read = [
        _read_file(file, files[file], default_name(file, repository_name), not_yet)
        for file in sorted(files)
        if not file.startswith(_FOLDER) or _IN_FOLDER.fullmatch(file)
    ]
    if unsealed is not None:
        for one in read:
            _add_broken_seals(one, unsealed)
    _add_conflicts(read)
    broken = {one.file: one.names for one in read if one.problems}
    return Definitions(
        pipelines=tuple(pipeline for one in read if not one.problems for pipeline in one.pipelines),
        problems=tuple(problem for one in read for problem in _sorted(one)),
        broken=broken,
    )


@dataclass(slots=True)
class _File:
    file: str
    default_name: str
    documents: list[Document] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, document: Document, finding: Finding, path: str = "") -> None:
        mark, here = locate(document, finding)
        path = path or here
        self.problems.append(Problem(self.file, *mark, path, finding.reason, finding.remedy))

    def name_of(self, document: Document) -> str:
        name = text_at(document.root, "name") if isinstance(document.root, Map) else None
        usable = name is not None and len(name) <= _LONGEST_NAME and re.fullmatch(NAME, name)
        return name if usable and name is not None else self.default_name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self.name_of, self.documents))) or (self.default_name,)


def _read_file(file: str, data: bytes, name: str, not_yet: Sequence[NotYet]) -> _File:
    documents, unreadable = read_documents(mend(data))
    foreign: list[Translation] = []
    if is_foreign(documents):
        documents, unreadable = read_foreign(data)
        foreign = translate(documents)
        documents = [each.document for each in foreign]
    if unreadable:  # What came before the place where reading stopped may be half a document.
        documents = [document for document in documents if isinstance(document.root, Map)]
    result = _File(file, name, documents)
    for finding in unreadable:  # These carry their own marks: the document that they are in may not exist.
        mark = finding.mark or _BEGINNING
        result.problems.append(Problem(file, *mark, written(finding.path), finding.reason, finding.remedy))
    if not documents and not unreadable:
        remedy = "Write `stages:` with at least one stage, or delete the file."
        result.problems.append(Problem(file, *_BEGINNING, "", "The file defines no pipeline.", remedy))
    for document in documents if not foreign else ():
        _read_document(document, result, not_yet)
    for translation in foreign:
        _read_translation(translation, result, not_yet)
    return result


def _read_translation(translation: Translation, result: _File, not_yet: Sequence[NotYet]) -> None:
    """A pipeline in CodePipeline's own structure: its own rules first, then ours, all told where and as it is written there."""
    document, own = translation.document, translation.findings
    told = {locate(document, finding)[0] for finding in own}
    pipeline, findings = _examined(document, not_yet)
    findings = [*own, *(finding for finding in findings if locate(document, finding)[0] not in told)]
    for finding in findings:
        result.tell(document, finding, translation.ledger.path(locate(document, finding)[0]))
    _add(pipeline, findings, result)


def _read_document(document: Document, result: _File, not_yet: Sequence[NotYet]) -> None:
    pipeline, findings = _examined(document, not_yet)
    for finding in findings:
        result.tell(document, finding)
    _add(pipeline, findings, result)


def _examined(document: Document, not_yet: Sequence[NotYet]) -> tuple[grammar.Pipeline | None, list[Finding]]:
    pipeline, findings = validate(document)
    if isinstance(document.root, Map):
        findings += checks.check(outline(document.root))
        findings += availability.check(document.root, not_yet)
    return pipeline, findings


def _add(pipeline: grammar.Pipeline | None, findings: Sequence[Finding], result: _File) -> None:
    if pipeline is not None and not findings:
        made = pipeline.to_model(result.default_name, result.file)
        result.pipelines.append(replace(made, digest=digest(made)))


def _add_broken_seals(one: _File, unsealed: Unsealed) -> None:
    """Only where the grammar has found a secret well written is it worth opening."""
    for document in one.documents:
        for name, secret in mapping_at(document.root, "secrets").items() if isinstance(document.root, Map) else ():
            sealed = text_at(secret, "sealed") if isinstance(secret, Map) else None
            reason = unsealed(str(name), sealed) if sealed else ""
            if reason:
                remedy = f"Seal it anew with {quoted(f'penstock seal {name}')}, for this repository and this name."
                one.tell(document, Finding(("secrets", name, "sealed"), f"The secret does not open: {reason}.", remedy))


def _add_conflicts(read: list[_File]) -> None:
    """Names are unique in the repository. All who share one are told, since none of them has a better claim to it."""
    everything = [(one, document) for one in read for document in one.documents]
    places: dict[str, list[tuple[_File, Document]]] = {}
    for one, document in everything:
        places.setdefault(one.name_of(document), []).append((one, document))
    for name, sharing in places.items():
        for one, document in sharing if len(sharing) > 1 else ():
            others = ", ".join(_where(place, other) for place, other in sharing if other is not document)
            reason = f"Another pipeline is named {quoted(name)} too: {others}."
            one.tell(document, Finding(("name",), reason, "Give each pipeline a `name` of its own."))
    for one, document in everything[MOST_PIPELINES:]:
        reason = f"The repository has {len(everything)} pipelines, and may have at most {MOST_PIPELINES}."
        one.tell(document, Finding((), reason, "Remove some."))


def _where(one: _File, document: Document) -> str:
    mark, _ = locate(document, Finding(("name",), ""))
    return f"{one.file}:{mark.line}"


def _sorted(one: _File) -> Iterator[Problem]:
    """In the order of the file, each once, and not more than anybody would read."""
    problems = sorted(dict.fromkeys(one.problems), key=lambda problem: (problem.line, problem.column))
    yield from problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        reason = f"The file has more problems than the {MOST_PROBLEMS} that are told."
        yield Problem(one.file, 0, 0, "", reason, "Mend these first.")
