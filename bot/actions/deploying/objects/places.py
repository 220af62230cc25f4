"""The places that objects may be deployed to, as whoever operates the bot has named them, and who may write there.

Nothing of an address behind its question mark is ever told: there are the credentials.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.actions.deploying.objects.bucket import Bucket
from bot.model.glob import matches
from bot.model.repository import Repository


class PlaceRefused(Exception):
    """There is no such place, or the repository may not write there. The text is safe to show."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket or a part of one, and what of the address lies below it. `url` is the whole, as people may see it."""

    bucket: Bucket
    below: str
    url: str


class Places:
    """`buckets` are addresses by name, `grants` pairs of a pattern of `host:owner/name` and one of names of buckets; None: whoever deploys
    has named the buckets, so that all may be written to.
    """

    def __init__(self, buckets: Mapping[str, str], grants: Sequence[tuple[str, str]] | None) -> None:
        self._addresses = buckets
        self._grants = grants
        self._buckets: dict[str, Bucket] = {}

    def find(self, wanted: str, repository: Repository) -> Place:
        """By its name, or by an address at one or below it; of several the nearest. Raises PlaceRefused."""
        who = f"{repository.provider}:{repository.full_name}"
        allowed = {name: self._bucket(address) for name, address in self._addresses.items() if self._may(who, name)}
        if "://" not in wanted:
            if wanted in allowed:
                return Place(allowed[wanted], "", allowed[wanted].url)
            raise self._refused(f"no place {wanted}", who, allowed)
        url = _plain(wanted)
        near = [bucket for bucket in allowed.values() if url == bucket.url or url.startswith(f"{bucket.url}/")]
        if not near:
            raise self._refused(f"no place at {wanted}", who, allowed)
        bucket = max(near, key=lambda each: len(each.url))
        return Place(bucket, url[len(bucket.url) + 1 :], url)

    def _bucket(self, address: str) -> Bucket:
        return self._buckets.setdefault(address, Bucket(address))

    def _may(self, who: str, name: str) -> bool:
        if self._grants is None:
            return True
        return any(matches(pattern, who) and matches(names, name) for pattern, names in self._grants)

    def _refused(self, what: str, who: str, allowed: Mapping[str, Bucket]) -> PlaceRefused:
        """Names no place but those that the repository may use anyway."""
        has = ", ".join(allowed) or "none"
        if self._grants is None:
            return PlaceRefused(
                f"you have named {what}{f', but {has}' if allowed else ''}: --bucket NAME=URL names one, or PENSTOCK_DEPLOY_BUCKETS; "
                "`penstock run STAGE` runs one stage alone"
            )
        return PlaceRefused(
            f"there is {what} that {who} may write to (it may write to {has}); whoever operates the bot can allow it: "
            "PENSTOCK_DEPLOY_BUCKETS, PENSTOCK_DEPLOY_REPOSITORIES"
        )


def _plain(address: str) -> str:
    """An address of a pipeline file. Raises PlaceRefused for one that could mean something else than it says."""
    parts = urlsplit(address)
    segments = unquote(parts.path).strip("/").split("/") if parts.path.strip("/") else []
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise PlaceRefused(
            "an address in a pipeline file has no options and no credentials: they are the bot's settings'"
        )
    if any(segment in ("", ".", "..") for segment in segments):
        raise PlaceRefused(f"the address {address} has parts that are empty, `.` or `..`")
    return "/".join([f"{parts.scheme}://{parts.netloc}", *segments])
