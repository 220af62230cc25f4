"""Which secret a delivery was signed with, on every host: the general one, one of some repositories, an older one, or none of ours."""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence

import pytest

from bot.model.host_secret import HostSecret
from bot.ports import Provider, SignatureMissing, SignatureWrong
from providers.base.further import Further
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from providers.github.provider import GitHubProvider
from providers.gitlab.provider import GitLabProvider
from tests.world.host import WoundClock

Headers = Mapping[str, str]
BODY = b'{"this": "is not parsed before it is verified"'
CLOCK = WoundClock()


def key(name: str) -> str:
    return base64.b64encode(name.encode().ljust(24, b".")).decode()


GENERAL, OLDER, OF_WEB, OF_ACME, NOBODYS = map(key, ("general", "older", "web", "acme", "nobody"))
FURTHER = (HostSecret(OF_WEB, "#17"), HostSecret(OF_ACME, "acme/*"))


def by_digest(name: str) -> Callable[[str, bytes], Headers]:
    return lambda secret, body: {name: "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()}


def as_github(secret: str, body: bytes) -> Headers:
    """GitHub says whose webhook it is, and a single repository's secret is tried for that one alone."""
    target = {"X-GitHub-Hook-Installation-Target-Type": "repository", "X-GitHub-Hook-Installation-Target-ID": "17"}
    return {**target, **by_digest("X-Hub-Signature-256")(secret, body)}


def by_signing_token(secret: str, body: bytes) -> Headers:
    at = str(int(CLOCK.now()))
    digest = hmac.digest(base64.b64decode(secret), f"d-1.{at}.".encode() + body, "sha256")
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": "d-1", "webhook-timestamp": at, "webhook-signature": signature}


def by_token(secret: str, _body: bytes) -> Headers:
    return {"X-Gitlab-Token": secret}


OF_THE_17TH = {"X-GitHub-Hook-Installation-Target-Type": "repository", "X-GitHub-Hook-Installation-Target-ID": "17"}


Make = Callable[[Sequence[str], Further], Provider]
Host = tuple[Make, Callable[[str, bytes], Headers]]
NOWHERE = "http://127.0.0.1:1"
HOSTS: dict[str, Host] = {
    "github": (lambda s, f: GitHubProvider(NOWHERE, NOWHERE, s, further=f), as_github),
    "gitlab": (
        lambda s, f: GitLabProvider(NOWHERE, CLOCK, (), [f"whsec_{one}" for one in s], further=f),
        by_signing_token,
    ),
    "gitlab by tokens": (lambda s, f: GitLabProvider(NOWHERE, CLOCK, s, further=f), by_token),
    "bitbucket": (lambda s, f: BitbucketCloudProvider(NOWHERE, NOWHERE, s, further=f), by_digest("X-Hub-Signature")),
    "bitbucket-dc": (lambda s, f: BitbucketDataCenterProvider(NOWHERE, s, further=f), by_digest("X-Hub-Signature")),
}


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> Host:
    return HOSTS[request.param]


@pytest.mark.parametrize(
    ("secret", "good_for"),
    [(GENERAL, ""), (OLDER, ""), (OF_WEB, "#17"), (OF_ACME, "acme/*"), (NOBODYS, None)],
    ids=["general", "older", "one repository's", "an owner's", "nobody's"],
)
@pytest.mark.parametrize("general", [(GENERAL, OLDER), ()], ids=["beside general ones", "alone"])
def test_a_secret_is_good_for_what_it_was_given_for(
    host: Host, general: Sequence[str], secret: str, good_for: str | None
) -> None:
    make, sign = host
    provider = make(general, lambda: FURTHER)
    if good_for is None or (not general and good_for == ""):
        with pytest.raises(SignatureWrong):
            provider.verify(sign(secret, BODY), BODY)
    else:
        assert provider.verify(sign(secret, BODY), BODY) == good_for


@pytest.mark.parametrize("secret", [GENERAL, OF_WEB])
@pytest.mark.parametrize("name", [name for name in HOSTS if name != "gitlab by tokens"])
def test_the_very_bytes_are_signed(name: str, secret: str) -> None:
    """But by a secret token, which signs nothing: that is why a signing token takes its place."""
    make, sign = HOSTS[name]
    with pytest.raises(SignatureWrong):
        make([GENERAL], lambda: FURTHER).verify(sign(secret, BODY), BODY + b" ")


def test_without_a_signature_or_without_a_secret_nothing_is_taken(host: Host) -> None:
    make, sign = host
    with pytest.raises(SignatureMissing):
        make([GENERAL], lambda: FURTHER).verify({}, BODY)
    with pytest.raises((SignatureMissing, SignatureWrong)):
        make([], tuple).verify(sign("", BODY) if sign is not by_signing_token else {}, BODY)


def test_a_secret_that_came_a_moment_ago_counts_and_one_taken_back_does_not(host: Host) -> None:
    make, sign = host
    now: list[HostSecret] = []
    provider = make([GENERAL], lambda: now)
    with pytest.raises(SignatureWrong):
        provider.verify(sign(OF_WEB, BODY), BODY)
    now.append(FURTHER[0])
    assert provider.verify(sign(OF_WEB, BODY), BODY) == "#17"


@pytest.mark.parametrize("written", [OF_WEB, f"whsec_{OF_WEB}"])
def test_a_repositorys_signing_token_may_be_written_as_gitlab_shows_it(written: str) -> None:
    """One that can only be a signing token is never taken as a secret token; one that can't be is no key, and no fault either."""
    others = (HostSecret("a secret token!", "#1"), HostSecret(written, "#17"))
    provider = GitLabProvider(NOWHERE, CLOCK, further=lambda: others)
    assert provider.verify(by_signing_token(OF_WEB, BODY), BODY) == "#17"
    assert provider.verify(by_token("a secret token!", BODY), BODY) == "#1"
    if written.startswith("whsec_"):
        with pytest.raises(SignatureWrong):
            provider.verify(by_token(written, BODY), BODY)
