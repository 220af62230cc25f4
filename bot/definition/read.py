"""The pipeline files of a commit to pipelines, or to all their problems at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.definition import availability, checks
from bot.definition.availability import NOT_YET, NotYet
from bot.definition.digest import digest
from bot.definition.document import Document, Finding, Map, Mark, locate, written
from bot.definition.file import LONGEST_NAME, File
from bot.definition.grammar import pipeline as grammar
from bot.definition.importer import Translation, is_foreign, mend, read_foreign, translate
from bot.definition.outline import outline
from bot.definition.shape import validate
from bot.definition.syntax import read_documents
from bot.definition.together import Unsealed, check_together
from bot.model.pipeline import Pipeline
from bot.model.plugin import Plugins
from bot.model.problem import Problem

MOST_PROBLEMS = 200
"""Told of one file, and then that there are more."""

_FOLDER = ".pipelines/"
PIPELINE_PATHS = (".pipeline.yml", ".pipeline.yaml", ".pipeline.json", _FOLDER)
"""Where pipeline files are; the one that ends in `/` stands for the files right in it."""

_IN_FOLDER = re.compile(r"\.pipelines/[^/]+\.(ya?ml|json)")
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
    name = re.sub(r"[^A-Za-z0-9.@_-]+", "-", repository_name if stem == ".pipeline" else stem)[:LONGEST_NAME]
    return name if name.strip(".") else "pipeline"


def read_definitions(
    files: Mapping[str, bytes],
    repository_name: str,
    not_yet: Sequence[NotYet] = NOT_YET,
    unsealed: Unsealed | None = None,
    *,
    whole: bool = False,
    plugins: Plugins | None = None,
) -> Definitions:
    """All pipelines and all problems of these files. What else lies in `.pipelines/`, a README say, is passed over;
    any other file is read whatever its name, since whoever hands it in asks about it.

    `not_yet` lists what counts as a problem though the grammar allows it. `unsealed` None: nobody here can open
    secrets. `whole`: these are all of the repository's files, so that what they name must be in them. `plugins` None: it is not
    known which are installed.
    """
    read = [
        _read_file(file, files[file], default_name(file, repository_name), not_yet)
        for file in sorted(files)
        if not file.startswith(_FOLDER) or _IN_FOLDER.fullmatch(file)
    ]
    check_together(read, whole=whole, unsealed=unsealed, plugins=plugins)
    broken = {one.file: one.names for one in read if one.problems}
    return Definitions(
        pipelines=tuple(pipeline for one in read if not one.problems for pipeline in one.pipelines),
        problems=tuple(problem for one in read for problem in _sorted(one)),
        broken=broken,
    )


def _read_file(file: str, data: bytes, name: str, not_yet: Sequence[NotYet]) -> File:
    documents, unreadable = read_documents(mend(data))
    foreign: list[Translation] = []
    if is_foreign(documents):
        documents, unreadable = read_foreign(data)
        foreign = translate(documents)
        documents = [each.document for each in foreign]
    if unreadable:  # What came before the place where reading stopped may be half a document.
        documents = [document for document in documents if isinstance(document.root, Map)]
    result = File(file, name, documents)
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


def _read_translation(translation: Translation, result: File, not_yet: Sequence[NotYet]) -> None:
    """A pipeline in CodePipeline's own structure: its own rules first, then ours, all told where and as it is written there."""
    document, own = translation.document, translation.findings
    told = {locate(document, finding)[0] for finding in own}
    pipeline, findings = _examined(document, not_yet)
    findings = [*own, *(finding for finding in findings if locate(document, finding)[0] not in told)]
    for finding in findings:
        result.tell(document, finding, translation.ledger.path(locate(document, finding)[0]))
    _add(pipeline, findings, result)


def _read_document(document: Document, result: File, not_yet: Sequence[NotYet]) -> None:
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


def _add(pipeline: grammar.Pipeline | None, findings: Sequence[Finding], result: File) -> None:
    if pipeline is not None and not findings:
        made = pipeline.to_model(result.default_name, result.file)
        result.pipelines.append(replace(made, digest=digest(made)))


def _sorted(one: File) -> Iterator[Problem]:
    """In the order of the file, each once, and not more than anybody would read."""
    problems = sorted(dict.fromkeys(one.problems), key=lambda problem: (problem.line, problem.column))
    yield from problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        reason = f"The file has more problems than the {MOST_PROBLEMS} that are told."
        yield Problem(one.file, 0, 0, "", reason, "Mend these first.")
