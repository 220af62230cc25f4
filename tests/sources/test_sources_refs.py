"""What refs a repository has: in one call, whatever they are called, and never guessed."""

import pytest

from bot.model.repository import Ref, RefKind
from bot.ports import HostRefused, HostUnavailable
from bot.sources.listing import read
from tests.sources.git_host import PASSWORD, WEB, World

ID, OTHER = "a" * 40, "b" * 40


async def test_branches_and_tags_come_with_their_commits_and_no_other_refs(world: World) -> None:
    """An annotated tag is told by the commit that it names, as deliveries tell it."""
    origin = world.host.origin()
    first = origin.commit({"a": b"1"})
    second = origin.commit({"a": b"2"}, first, branch="feature/a")
    origin.git("tag", "-a", "-m", "Release", "v1", first)
    origin.git("tag", "light", second)
    origin.git("update-ref", "refs/pull/7/head", second)
    assert await world.sources.refs(WEB) == {
        Ref(RefKind.BRANCH, "main"): first,
        Ref(RefKind.BRANCH, "feature/a"): second,
        Ref(RefKind.TAG, "v1"): first,
        Ref(RefKind.TAG, "light"): second,
    }
    asked = [request for request in world.host.requests if "info/refs" in str(request)]
    assert len(world.host.requests) <= 2, asked
    world.in_place(origin)
    assert (await world.sources.refs(WEB))[Ref(RefKind.TAG, "v1")] == first


@pytest.mark.parametrize(("status", "error"), [(503, HostUnavailable), (403, HostRefused), (404, HostRefused)])
async def test_a_host_that_gives_no_list_is_no_host_without_branches(
    world: World, status: int, error: type[Exception]
) -> None:
    world.host.origin().commit({"a": b"1"})
    world.host.status = status
    with pytest.raises(error) as raised:
        await world.sources.refs(WEB)
    assert PASSWORD not in str(raised.value)


def test_what_is_no_ref_of_ours_is_left_out() -> None:
    lines = [
        f"{ID}\trefs/heads/a b",
        f"{ID}\trefs/heads/",
        f"{ID}\trefs/notes/x",
        "junk\trefs/heads/x",
        f"{ID}\trefs/tags/v1",
        f"{OTHER}\trefs/tags/v1^{{}}",
        "",
    ]
    broken = ID.encode() + b"\trefs/heads/\xff"
    found = read("\n".join(lines).encode() + b"\n" + broken)
    assert found == {Ref(RefKind.BRANCH, "a b"): ID, Ref(RefKind.TAG, "v1"): OTHER}
