"""What a definition there needs and a pipeline file has no word for: names in the account, and the source's artifact and namespace."""

from dataclasses import dataclass, field

ARTIFACT, NAMESPACE, STAGE = "SourceArtifact", "SourceVariables", "Source"
_KEYS = ("AuthorDate", "BranchName", "CommitId", "CommitMessage", "FullRepositoryName")


@dataclass(frozen=True, slots=True)
class Names:
    """Left empty, each is a placeholder in capitals, and told."""

    repository: str = ""
    branch: str = "main"
    connection: str = ""
    role: str = ""
    bucket: str = ""
    region: str = ""


@dataclass(slots=True)
class Outbound:
    """One export: what it tells, and the names that must not clash."""

    names: Names
    notes: list[str] = field(default_factory=list)

    def tell(self, where: str, what: str) -> None:
        note = f"{where}: {what}"
        if note not in self.notes:
            self.notes.append(note)

    def given(self, value: str, placeholder: str, option: str) -> str:
        if not value:
            self.tell(option, f"give it, or put its value in place of `{placeholder}`")
        return value or placeholder

    def text(self, text: str, where: str) -> str:
        """References to the source under the namespace that it has there."""
        for key in _KEYS:
            text = text.replace(f"#{{source.{key}}}", f"#{{{NAMESPACE}.{key}}}")
        if "#{source." in text:
            self.tell(where, f"of the source, AWS knows {', '.join(_KEYS)} only")
        return text.replace("#{source.", f"#{{{NAMESPACE}.")

    def artifact(self, name: str) -> str:
        return ARTIFACT if name == "source" else name
