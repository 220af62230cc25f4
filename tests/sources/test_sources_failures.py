"""What git's complaints come to, where no story makes git complain so: devices of ours and of a host's that are full."""

import pytest

from bot.ports import HostUnavailable, NoSpace
from bot.sources.failures import judge, refused_checkout
from bot.sources.git import GitFailed

FULL = [
    "error: file write error: No space left on device\nfatal: unpack-objects failed\n",
    "fatal: write error: Disk quota exceeded\nfatal: fetch-pack: invalid index-pack output\n",
]


@pytest.mark.parametrize("errors", FULL)
def test_a_full_device_of_ours_is_said_to_be(errors: str) -> None:
    fetched, checked_out = (
        judge(GitFailed(128, errors), (), "github.com", ""),
        refused_checkout(GitFailed(128, errors), "c" * 40),
    )
    assert (str(fetched), str(checked_out)) == (
        "no space left on the device that holds the repositories",
        "no space left on the device that holds the work trees",
    )
    assert isinstance(fetched, NoSpace)
    assert isinstance(checked_out, NoSpace)


def test_a_full_device_of_the_host_s_is_the_host_s_outage() -> None:
    errors = "remote: fatal: write error: No space left on device\nfatal: early EOF\n"
    assert isinstance(judge(GitFailed(128, errors), (), "github.com", ""), HostUnavailable)
