"""What all rules look with: a finding at a mark, and what kind of action one is."""

from bot.definition.document import Finding, Mark
from bot.definition.importer.pieces import Piece


def told(mark: Mark, reason: str, remedy: str) -> Finding:
    return Finding((), reason, remedy, mark)


def kind_of(action: Piece) -> tuple[str, str, str]:
    """Category, owner and provider."""
    type_id = action.piece("actionTypeId")
    return type_id.text("category"), type_id.text("owner"), type_id.text("provider")
