"""Each host's edge, with its recorded bodies and the signature that the host makes: what is mutated is sent to the real provider."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.ports import Provider
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from providers.github.provider import GitHubProvider
from providers.gitlab.provider import GitLabProvider
from providers.local.host.host import Host
from providers.local.provider import LocalProvider
from tests.world.local_host import WallClock

SECRET = "a secret of the tests"
REPLAYS = Path(__file__).parent


@dataclass(frozen=True)
class Recorded:
    event: str
    body: bytes


@dataclass(frozen=True)
class HostEdge:
    """`headers` are those of a delivery: its event and its body, signed."""

    provider: Provider
    headers: Callable[[str, bytes], Mapping[str, str]]
    recorded: tuple[Recorded, ...]


def edges(folder: Path) -> Mapping[str, HostEdge]:
    """By the host's name. The folder is the embedded host's; nothing is asked of any host."""
    clock = WallClock()
    local = LocalProvider(Host(folder, clock, SECRET), clock, (SECRET,))
    data_center = BitbucketDataCenterProvider("https://git.acme.example", (SECRET,))
    cloud = BitbucketCloudProvider("https://bitbucket.org", "https://api.bitbucket.org/2.0", (SECRET,))
    return {
        "bitbucket": HostEdge(cloud, _bitbucket("X-Request-UUID"), _recorded("bitbucket", ":")),
        "bitbucket-dc": HostEdge(data_center, _bitbucket("X-Request-Id"), _recorded("bitbucket-dc", ":")),
        "github": HostEdge(
            GitHubProvider("https://github.com", "https://api.github.com", (SECRET,)), _github, _recorded("github")
        ),
        "gitlab": HostEdge(GitLabProvider("https://gitlab.com", clock, (SECRET,)), _gitlab, _recorded("gitlab")),
        "local": HostEdge(local, _local, _recorded("local")),
    }


def _recorded(host: str, colon: str = "-") -> tuple[Recorded, ...]:
    """A file's name begins with the event; it has dashes where Bitbucket's keys have colons."""
    files = sorted(path for path in (REPLAYS / host).glob("*.json") if not path.stem.endswith(".expected"))
    return tuple(Recorded(path.name.partition(".")[0].replace("-", colon), path.read_bytes()) for path in files)


def _digest(body: bytes) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()


def _github(event: str, body: bytes) -> Mapping[str, str]:
    identity = {"X-GitHub-Event": event, "X-GitHub-Delivery": "d-1", "Content-Type": "application/json"}
    return identity | {"X-Hub-Signature-256": _digest(body)}


def _gitlab(event: str, _body: bytes) -> Mapping[str, str]:
    """With a secret token, which signs nothing."""
    name = "Note" if event == "confidential_note" else event.replace("_", " ").title()
    identity = {"X-Gitlab-Event": f"{name} Hook", "Idempotency-Key": "d-1", "Content-Type": "application/json"}
    return identity | {"X-Gitlab-Token": SECRET}


def _bitbucket(identity: str) -> Callable[[str, bytes], Mapping[str, str]]:
    return lambda event, body: {"X-Event-Key": event, identity: "d-1", "X-Hub-Signature": _digest(body)}


def _local(event: str, body: bytes) -> Mapping[str, str]:
    return {"X-Penstock-Event": event, "X-Penstock-Delivery": "d-1", "X-Penstock-Signature-256": _digest(body)}
