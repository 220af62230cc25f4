"""Which region is home, and which actions are in another: CodePipeline's console names a region at every action (STR-13, STR-14)."""

from bot.definition.document import Map, Mark
from bot.definition.importer.pieces import Piece
from bot.definition.importer.placeholders import has_hole
from bot.definition.importer.rules.parts import kind_of

_IN_ARN = 4
"""`arn:partition:service:region:account:resource`, counted by colons."""


def region_of_arn(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > _IN_ARN else ""


def home_of(body: Map, mark: Mark, stages: list[Piece], told: str = "") -> str:
    """The home region, as far as the definition tells: by its ARN (`told`), its stores, what can be nowhere else. "" when nothing does."""
    actions = [action for stage in stages for action in stage.pieces("actions")]
    named = [(action, region) for action in actions if (region := action.text("region")) and not has_hole(region)]
    stores = Piece(body, mark).take("artifactStores")
    unused = (
        [region for region in stores if region not in {name for _, name in named}] if isinstance(stores, Map) else []
    )
    if isinstance(stores, Map) and len(stores) == 1:
        unused = list(stores)
    if told or len(unused) == 1:
        return told or unused[0]
    bound = [region for action, region in named if only_at_home(action)]
    if bound or stores is not None or not named:
        return bound[0] if bound else ""
    return named[0][1]


def only_at_home(action: Piece) -> bool:
    """STR-14."""
    category, owner, _ = kind_of(action)
    return category == "Source" or owner in ("ThirdParty", "Custom")


def abroad(action: Piece, home: str) -> str:
    """The region of an action that is not at home; "" for all others. What a stack fills in is its own region, which is home."""
    region = action.text("region")
    return "" if region == home or has_hole(region) else region
