"""An import as a person asks for it: the text of each pipeline file, and line by line what became of what."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.definition.document import Document, Finding, Mark, locate
from bot.definition.importer.notes import Kind, Ledger, Note, places
from bot.definition.importer.reading import is_foreign, read_foreign
from bot.definition.importer.translate import Translation, translate
from bot.definition.importer.writer import write


@dataclass(frozen=True, slots=True)
class Import:
    """One pipeline as imported. `text` is its file."""

    name: str
    text: str
    notes: tuple[Note, ...]

    @property
    def problems(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.kind is Kind.PROBLEM)


def import_pipelines(file: str, data: bytes, parameters: Mapping[str, str]) -> tuple[list[Import], tuple[Note, ...]]:
    """Every pipeline of a file, and what is wrong with the file as a whole."""
    documents, unreadable = read_foreign(data)
    ledger = Ledger(places(documents))
    for finding in unreadable:
        ledger.problem(finding.mark or Mark(1, 1), sentence(finding))
    translations = translate(documents, parameters)
    if not translations and not unreadable:
        ledger.problem(Mark(1, 1), _nothing(documents))
    return [_imported(file, translation) for translation in translations], tuple(ledger.notes())


def _nothing(documents: list[Document]) -> str:
    if is_foreign(documents):
        return "The template holds no resource of type `AWS::CodePipeline::Pipeline`."
    return "This is neither what `aws codepipeline get-pipeline` prints nor a CloudFormation template."


def _imported(file: str, translation: Translation) -> Import:
    for finding in translation.findings:
        mark, _ = locate(translation.document, finding)
        translation.ledger.problem(finding.mark or mark, sentence(finding))
    name = str(translation.root.get("name", "pipeline"))
    header = [f"Imported from {file}. Comments tell what is not quite the same here."]
    return Import(name, write(translation.root, header), tuple(translation.ledger.notes()))


def sentence(finding: Finding) -> str:
    return f"{finding.reason} {finding.remedy}".strip()
