"""Submodules that are not to be had: those that people may not read, and every way of asking for them all the same."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.ports import HostRefused, HostUnavailable
from bot.sources.failures import NotPossible
from tests.sources.git_host import WEB, World, with_submodules
from tests.sources.team import ADA, ALL, BEN, NewFolder, Team, checked_out

UNKNOWN = "1" * 40


REFUSED = (
    "The submodule lib could not be fetched: 127.0.0.1 does not let everybody read acme/lib, and nobody here may read acme/lib; "
    "the operator can allow it"
)


async def test_a_private_repository_is_not_read_for_people_who_may_not(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    """Whoever may push to one repository could else read whatever the bot's token can."""
    world, tree = worlds("tools/core"), into()
    for url in (
        "../lib.git",
        "URL/acme/lib.git",
        "URL/acme/lib",
        "git@127.0.0.1:acme/lib.git",
        "ssh://git@127.0.0.1/acme/lib",
    ):
        with pytest.raises(NotPossible) as caught:
            await checked_out(world, team.commit(f"url = {url.replace('URL', team.host.url)}"), tree)
        assert str(caught.value) == REFUSED
        assert team.host.shown == {"acme/web"}
        assert not tree.exists()


@pytest.mark.parametrize("people", [(), (BEN,), (ADA, BEN)])
async def test_all_concerned_must_be_allowed_to_read_it(
    team: Team, worlds: Callable[..., World], into: NewFolder, people: Sequence[Person]
) -> None:
    world, commit = worlds("acme/lib", "tools/core"), team.commit("url = ../lib.git")
    with pytest.raises(NotPossible, match="nobody here may read acme/lib"):
        await checked_out(world, commit, into(), people=people)
    await checked_out(world, commit, into())
    with pytest.raises(NotPossible, match="nobody here may read acme/lib"):  # the mirror has it by now
        await checked_out(world, commit, into(), people=people)
    world.readers.clear()
    with pytest.raises(NotPossible, match="nobody here may read acme/lib"):
        await checked_out(world, commit, into())


TRICKS = (
    "url = URL/acme/web/../lib.git",
    "url = URL/acme/%6cib.git",
    "url = URL/acme/web%2f..%2flib.git",
    "url = URL//acme/lib.git",
    "url = URL/acme/web.git/../../acme/lib.git",
    "url = URL/acme/web.git?/acme/lib.git",
    "url = URL/acme/lib.git#/acme/web.git",
    "url = http://x-access-token@HOST/acme/lib.git",
    "url = http://HOST@HOST/acme/lib.git",
    'url = URL/acme/web.git\n[url "URL/acme/lib.git"]\n\tinsteadOf = URL/acme/web.git',
    "url = URL/acme/moved.git",
    "url = ../../acme/moved.git",
)


async def test_no_way_of_writing_an_address_opens_it(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    """What may be read does not open what an address with it in front leads to."""
    team.host.moved["acme/moved"] = "acme/lib"
    world, host = worlds("tools/core"), team.host.url.removeprefix("http://")
    for trick in TRICKS:
        setting = trick.replace("URL", team.host.url).replace("HOST", host)
        with pytest.raises(NotPossible, match="The submodule lib could not be fetched"):
            await checked_out(world, team.commit(setting, at=UNKNOWN), into())
        assert team.host.shown <= {"acme/web"}, trick


async def test_a_redirect_of_an_allowed_one_leads_nowhere(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    team.host.moved["acme/moved"] = "acme/lib"
    with pytest.raises(NotPossible, match=r"submodule lib could not be fetched: .* sends git to another address"):
        await checked_out(worlds("acme/moved"), team.commit("url = ../moved.git"), into())
    assert "acme/lib" not in team.host.shown


async def test_a_redirect_of_the_repository_itself_leads_nowhere(team: Team, worlds: Callable[..., World]) -> None:
    """Within one host curl would show the password to whatever it is sent to."""
    team.host.moved["acme/web"] = "acme/lib"
    with pytest.raises(HostRefused, match=r"renamed or moved\? The next push tells its new name"):
        await worlds().sources.fetch(WEB, [team.inner], Checkout())
    assert team.host.shown <= {"acme/web"}


NOT_TO_BE_HAD = (
    ("url = file://{lib}", "is not reached by http or https"),
    ("url = {lib}", "is not reached by http or https"),
    ("url = ../../../../../../..{lib}", "could not be fetched"),
    ("url = FILE://{lib}", "is not reached by http or https"),
    ("url = file://localhost{lib}", "is not reached by http or https"),
    ("url = 127.0.0.1:{lib}", "is not reached by http or https"),
    ('url = "ssh://-oProxyCommand=touch {witness}/x"', "is not reached by http or https"),
    ("url = git://127.0.0.1/lib.git", "is not reached by http or https"),
    ('url = "fd::0"', "is not reached by http or https"),
    ("url = ext::sh -c 'touch {witness}'", "is not reached by http or https"),
    ('url = "--upload-pack=touch {witness}"', "is not reached by http or https"),
    ("url = http://[::1", "is not reached by http or https"),
    ('url = "http://127.0.0.1:9\\nhost=x/lib.git"', "is not reached by http or https"),
    ("url = http://127.0.0.1:9/x.git", "could not be fetched: 127.0.0.1 could not be fetched from"),
    ("url = http://127.0.0.1:9/x.git\n\tpath = ../../up", "has no `url` in .gitmodules"),
    ("branch = main", "has no `url` in .gitmodules"),
    ("url = ../lib.git\n[", "its .gitmodules can't be read"),
    ("url = ../web.git", "its commit 1111111 is not on its host. Push the submodule's own commits, too"),
)


async def test_a_submodule_that_can_not_be_had_is_said_in_words(
    team: Team, worlds: Callable[..., World], into: NewFolder, tmp_path: Path
) -> None:
    world, tree = worlds(), into()
    witness, lib = tmp_path / "witness", team.host.root / "acme" / "lib.git"
    for setting, reason in NOT_TO_BE_HAD:
        commit = team.commit(setting.format(witness=witness, lib=lib), at=UNKNOWN)
        with pytest.raises(NotPossible, match=re.escape(reason)):
            await checked_out(world, commit, tree)
        assert not tree.exists(), setting
        assert not witness.exists(), setting


async def test_no_command_of_a_submodule_is_run_and_one_can_be_left_out(
    team: Team, worlds: Callable[..., World], into: NewFolder, tmp_path: Path
) -> None:
    world, witness = worlds("acme/lib", "tools/core"), tmp_path / "witness"
    await checked_out(world, team.commit("url = ../lib.git", f"update = !touch {witness}"), into())
    assert not witness.exists()
    tree = await checked_out(world, team.commit("url = ../lib.git", "update = none"), into())
    assert list((tree / "lib").iterdir()) == []


async def test_all_that_is_wrong_is_told_at_once(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    one, two = ("url = ../lib.git", team.inner), ("url = ../../tools/core.git", team.innermost)
    with pytest.raises(NotPossible) as caught:
        await checked_out(worlds(), with_submodules(team.web, {"a": one, "b": two}), into())
    assert str(caught.value).count("could not be fetched") == 2


async def test_a_host_that_is_down_is_asked_again_later(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    """The repository's own: not the user's to mend. One elsewhere they may have written wrongly."""
    world, commit = worlds("acme/lib", "tools/core"), team.commit("url = ../lib.git")
    await world.sources.fetch(WEB, [commit], Checkout())
    team.host.status = 503
    with pytest.raises(HostUnavailable):
        await world.sources.check_out(WEB, commit, ALL, into(), [ADA])


async def test_endless_nesting_ends(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    commit = team.innermost
    for number in range(12):
        commit = with_submodules(team.web, {"deeper": ("url = ./", commit)}, branch=f"b{number}")
    with pytest.raises(NotPossible, match="more than 10 deep"):
        await checked_out(worlds(), commit, into())
