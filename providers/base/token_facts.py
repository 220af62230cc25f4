"""What a host tells of the token that signs in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """Whose it is; what it may, None where the host does not tell; the day on which it ends, "" for never, or where that is not told."""

    login: str
    scopes: tuple[str, ...] | None
    expires_at: str
