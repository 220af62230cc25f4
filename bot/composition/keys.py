"""What is secret, put together: with the master keys of the settings artifacts, sealed secrets and the keys' rotation; and the secrets that others keep."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from bot.artifacts.keys import KeyUnknown, MasterKeys, wrapped_by
from bot.artifacts.objects import Objects
from bot.artifacts.regions import Regions
from bot.artifacts.store import ArtifactStore
from bot.aws.secrets import AwsSecrets
from bot.model.host_secret import HostSecret
from bot.ports import Clock, StorageUnavailable
from bot.security.host_secrets import ConnectedSecrets
from bot.security.kept import Vault, to_rewrap
from bot.security.keys import MASTER_KEY, KeyMalformed, master_keys
from bot.security.seal import Keyring
from bot.security.sealing import to_write, unwrapped
from bot.settings import Settings, SettingsInvalid
from bot.stores.sql import SqlStore

TOO_EARLY = "A master key that is still needed is not set any more. Set it again, behind the present one, and run `penstock keys rotate`."


@dataclass(frozen=True, slots=True)
class Wrapped:
    """How many keys each master key wraps, by its fingerprint. `masters` are the fingerprints of those that are set, the newest first.

    `unkept` are set, and were never kept for the secrets that were sealed to them.
    """

    masters: tuple[str, ...]
    artifacts: Counter[str]
    sealing: Counter[str]
    kept: Counter[str]
    unkept: tuple[str, ...]

    @property
    def stale(self) -> int:
        """What still needs an old key."""
        others = sum(self._all.values()) - self.by(self.masters[0])
        return others + len(self.unkept)

    @property
    def unknown(self) -> Counter[str]:
        """By fingerprint, what needs a key that is not set: it can't be opened."""
        return Counter({name: count for name, count in self._all.items() if name not in self.masters})

    def by(self, name: str) -> int:
        return self._all[name]

    @property
    def _all(self) -> Counter[str]:
        return self.artifacts + self.sealing + self.kept


def known_keys(settings: Settings) -> list[bytes]:
    """The newest first. Raises SettingsInvalid for a malformed one."""
    given = settings.master_key.get_secret_value() if settings.master_key is not None else ""
    try:
        return master_keys(given, settings.master_key_file, settings.data_dir / MASTER_KEY)
    except KeyMalformed as error:
        raise SettingsInvalid(f"{error}.") from None


def artifact_stores(settings: Settings, *, hasty: bool = False) -> Regions:
    """The store at home, and those of further regions, with the same master keys. Raises SettingsInvalid."""
    keys, opened = MasterKeys(known_keys(settings)), _opened(settings, hasty=hasty)
    most = settings.artifact_entries
    home = ArtifactStore(opened.pop(""), keys, most=most)
    further = {region: ArtifactStore(objects, keys, home, most=most) for region, objects in opened.items()}
    return Regions(home, further, settings.artifacts_region)


def artifact_problems(settings: Settings) -> Mapping[str, str]:
    """Of each store by its region, "" for home: why it can't be used, "" where it can. No key is needed, nor made. Raises SettingsInvalid."""
    return {region: _problem(objects) for region, objects in _opened(settings, hasty=True).items()}


def artifact_addresses(settings: Settings) -> dict[str, str]:
    """By region, home ("") first: where the settings say, a folder in the data folder otherwise."""
    home = settings.artifacts_url or (settings.data_dir.absolute() / "artifacts").as_uri()
    return {"": home, **{region: url.get_secret_value() for region, url in settings.artifact_stores.items()}}


def _opened(settings: Settings, *, hasty: bool) -> dict[str, Objects]:
    found = {}
    for region, address in artifact_addresses(settings).items():
        try:
            found[region] = Objects.at(address, hasty=hasty)
        except StorageUnavailable as error:
            name = f"PENSTOCK_ARTIFACT_STORES: {region}" if region else "PENSTOCK_ARTIFACTS_URL"
            raise SettingsInvalid(f"{name}: {error}") from None
    return found


def _problem(objects: Objects) -> str:
    try:
        objects.check()
    except StorageUnavailable as error:
        return str(error)
    return ""


async def keyring(settings: Settings, store: SqlStore) -> Keyring:
    """The keys to sealed secrets, those that were kept among them. Raises SettingsInvalid."""
    masters = known_keys(settings)
    wrapping = MasterKeys(masters)
    try:
        kept = [unwrapped(one, wrapping) for one in reversed(await store.sealing_keys())]
    except KeyUnknown:
        raise SettingsInvalid(TOO_EARLY) from None
    return Keyring(masters[0], [*masters[1:], *kept])


def vault(settings: Settings, store: SqlStore) -> Vault:
    """What the bot keeps for itself in the database. Raises SettingsInvalid."""
    return Vault(store, MasterKeys(known_keys(settings)))


async def connected_secrets(settings: Settings, store: SqlStore, clock: Clock) -> ConnectedSecrets:
    """What single repositories' deliveries are signed with, as it is now. Raises SettingsInvalid."""
    found = ConnectedSecrets(vault(settings, store), clock, given_secrets(settings))
    try:
        await found.load()
    except KeyUnknown:
        raise SettingsInvalid(TOO_EARLY) from None
    return found


def given_secrets(settings: Settings) -> Mapping[str, tuple[HostSecret, ...]]:
    """The settings' own secrets of some repositories, by host."""
    secrets = {
        "bitbucket": settings.bitbucket_repository_secrets,
        "bitbucket-dc": settings.bitbucket_dc_repository_secrets,
        "github": settings.github_repository_secrets,
        "gitlab": settings.gitlab_repository_secrets,
    }
    return {
        host: tuple(HostSecret(secret.get_secret_value(), pattern) for pattern, secret in found)
        for host, found in secrets.items()
    }


async def rotate(settings: Settings, store: SqlStore) -> int:
    """Wrap every key with the newest master key, and keep the older ones for what was sealed to them; how many there were.

    No content is rewritten. Killed in the middle it is carried on by the next one. Raises SettingsInvalid, StorageUnavailable.
    """
    masters = known_keys(settings)
    try:
        fresh = to_write(await store.sealing_keys(), masters, MasterKeys(masters))
        await store.keep_sealing_keys(fresh)
        kept = to_rewrap(await store.kept_secrets(), MasterKeys(masters))
        await store.keep_secrets(kept)
        return len(fresh) + len(kept) + await artifact_stores(settings).rotate()
    except KeyUnknown:
        raise SettingsInvalid(TOO_EARLY) from None


async def wrapped(settings: Settings, store: SqlStore) -> Wrapped:
    """Looked at only."""
    names = MasterKeys(known_keys(settings)).names()
    kept = await store.sealing_keys()
    unkept = set(names[1:]) - {one.name for one in kept}
    artifacts = await artifact_stores(settings, hasty=True).wrapped_by()
    sealing = Counter(wrapped_by(one.wrapped) for one in kept)
    secrets = Counter(wrapped_by(one.wrapped) for one in await store.kept_secrets())
    return Wrapped(tuple(names), artifacts, sealing, secrets, tuple(unkept))


def outside_secrets(settings: Settings) -> AwsSecrets | None:
    """Raises SettingsInvalid where they are to be asked for by what is not installed."""
    if not settings.aws_secrets:
        return None
    if find_spec("boto3") is None:
        raise SettingsInvalid("PENSTOCK_AWS_SECRETS needs the extra `aws`: pip install 'penstock[aws]'")
    return AwsSecrets(settings.aws_secrets, settings.aws_region)
