"""One pipeline file as it is being read: its documents, what they define, and what is wrong with them."""

import re
from dataclasses import dataclass, field

from bot.definition.document import Document, Finding, Map, locate
from bot.definition.grammar.text import NAME
from bot.definition.outline import text_at
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem

LONGEST_NAME = 100


@dataclass(slots=True)
class File:
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
        usable = name is not None and len(name) <= LONGEST_NAME and re.fullmatch(NAME, name)
        return name if usable and name is not None else self.default_name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self.name_of, self.documents))) or (self.default_name,)
