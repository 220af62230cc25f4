"""Which repository an address means, whichever way people have it; and that no host counts but those of the settings."""

import pytest

from bot.connecting.places import HostAddress, PlaceUnknown, place_of
from bot.model.host_secret import covers
from bot.model.repository import Repository

HOSTS = [
    HostAddress("local", "local", "http://127.0.0.1:8080"),
    HostAddress("github", "github", "https://github.com"),
    HostAddress("gitlab", "gitlab", "https://git.example.org/lab"),
    HostAddress("bitbucket", "bitbucket", "https://bitbucket.org"),
    HostAddress("bitbucket-dc", "bitbucket-dc", "https://bitbucket.example.org:8443"),
]


@pytest.mark.parametrize(
    ("address", "name", "full_name"),
    [
        ("https://github.com/acme/web", "github", "acme/web"),
        ("https://GitHub.com/acme/web.git/", "github", "acme/web"),
        ("https://github.com/acme/web/pull/7/files?w=1#top", "github", "acme/web"),
        ("git@github.com:acme/web.git", "github", "acme/web"),
        ("ssh://git@ssh.github.com:443/acme/web.git", "github", "acme/web"),
        ("github:acme/web", "github", "acme/web"),
        ("https://git.example.org/lab/acme/tools/web/-/merge_requests/3", "gitlab", "acme/tools/web"),
        ("https://git.example.org/lab/acme/tools/web.git", "gitlab", "acme/tools/web"),
        ("git@git.example.org:acme/tools/web.git", "gitlab", "acme/tools/web"),
        ("https://bitbucket.org/acme/web/src/main/", "bitbucket", "acme/web"),
        ("git@altssh.bitbucket.org:acme/web.git", "bitbucket", "acme/web"),
        ("https://bitbucket.example.org:8443/projects/ACME/repos/web/browse", "bitbucket-dc", "ACME/web"),
        ("https://bitbucket.example.org:8443/users/ada/repos/web/", "bitbucket-dc", "~ada/web"),
        ("https://bitbucket.example.org:8443/scm/acme/web.git", "bitbucket-dc", "acme/web"),
        ("ssh://git@bitbucket.example.org:7999/acme/web.git", "bitbucket-dc", "acme/web"),
        ("http://127.0.0.1:8080/git/ada/web.git", "local", "ada/web"),
    ],
)
def test_an_address_means_a_repository(address: str, name: str, full_name: str) -> None:
    place = place_of(address, HOSTS)
    assert (place.host.name, place.full_name) == (name, full_name)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://github.com.evil.example/acme/web", "no host that the settings name"),
        ("http://github.com/acme/web", "no host that the settings name"),
        ("https://github.com:444/acme/web", "no host that the settings name"),
        ("https://git.example.org/acme/web", "no host that the settings name"),
        ("git@evil.example:acme/web", "no host that the settings name"),
        ("https://github.com/acme", "needs an owner and a name"),
        ("https://bitbucket.example.org:8443/projects/ACME", "/projects/ACME/repos/web"),
        ("https://[github.com/acme/web", "is no address"),
        ("acme/web", "is no address"),
    ],
)
def test_any_other_address_is_refused_in_words(address: str, said: str) -> None:
    with pytest.raises(PlaceUnknown, match=r".") as refused:
        place_of(address, HOSTS)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("good_for", "expected"),
    [
        ("", True),
        ("#7", True),
        ("#70", False),
        ("acme/web", True),
        ("Acme/*", True),
        ("acme/api", False),
        ("acme", False),
    ],
)
def test_a_secret_is_good_for_what_it_says(good_for: str, expected: bool) -> None:
    assert covers(good_for, Repository("github", "7", "acme/web")) is expected
