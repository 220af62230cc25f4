"""A file in one of CodePipeline's own structures to documents of ours: every pipeline in it, with all that is to be told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.definition.document import Document, Finding, Map, Mark
from bot.definition.importer import rules, template
from bot.definition.importer.notes import Ledger, places
from bot.definition.importer.pieces import Made, Piece
from bot.definition.importer.pipeline import convert
from bot.definition.importer.reading import is_definition, is_template
from bot.definition.importer.regions import region_of_arn
from bot.definition.importer.template import Native, Surroundings

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Translation:
    """One pipeline. `findings` are what is wrong with it in its own structure; each has its mark."""

    document: Document
    findings: tuple[Finding, ...]
    ledger: Ledger

    @property
    def root(self) -> Made:
        assert isinstance(self.document.root, Made)  # noqa: S101  only this module makes them
        return self.document.root


def translate(documents: Sequence[Document], parameters: Mapping[str, str] = _NO_PARAMETERS) -> list[Translation]:
    """Every pipeline of the file; documents that are neither format are left out."""
    paths = places(documents)
    return [_translated(native, mark, Ledger(paths)) for native, mark in _natives(documents, parameters)]


def _translated(native: Native, mark: Mark, ledger: Ledger) -> Translation:
    made = convert(native, mark, ledger)
    return Translation(Document(made, mark), tuple(rules.check(native.body, mark, native.region)), ledger)


def _natives(documents: Sequence[Document], parameters: Mapping[str, str]) -> Iterator[tuple[Native, Mark]]:
    for document in documents:
        root = document.root
        if not isinstance(root, Map):
            continue
        if is_definition(root):
            body, mark = root, document.mark
            if "pipeline" in root:
                inner = root["pipeline"]
                body, mark = (
                    (inner if isinstance(inner, Map) else Map(root.marks["pipeline"][1])),
                    root.marks["pipeline"][1],
                )
            arn = Piece(root, document.mark).piece("metadata").text("pipelineArn")
            yield Native(body, Surroundings(), region=region_of_arn(arn)), mark
        elif is_template(root):
            for native in template.pipelines(root, parameters):
                yield native, native.body.mark
