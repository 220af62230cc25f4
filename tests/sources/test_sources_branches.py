"""What git's complaints about a push mean: moved by others, refused by the host, or a host that can't be reached."""

import pytest

from bot.ports import HostRefused, HostUnavailable, NoSpace
from bot.ports.branches import BranchMoved
from bot.sources.branches import meant
from bot.sources.git import GitFailed

TO = "To https://host.test/acme/env.git\n"
END = "error: failed to push some refs to 'https://host.test/acme/env.git'\n"
SECRET = "hush-7f3a"

ROWS = [
    pytest.param(f"{TO} ! [rejected]        a1 -> main (stale info)\n{END}", BranchMoved, "", id="moved"),
    pytest.param(
        f"{TO} ! [remote rejected] a1 -> main (cannot lock ref 'refs/heads/main': is at b2 but expected c3)\n{END}",
        BranchMoved,
        "",
        id="moved at the last moment",
    ),
    pytest.param(
        f"remote: error: GH006: Protected branch update failed for refs/heads/main.   \n{TO}"
        f" ! [remote rejected] a1 -> main (protected branch hook declined)\n{END}",
        HostRefused,
        "host.test refused the push: GH006: Protected branch update failed for refs/heads/main",
        id="protected on GitHub",
    ),
    pytest.param(
        f"remote: GitLab: You are not allowed to push code to protected branches on this project.\n{TO}"
        f" ! [remote rejected] a1 -> main (pre-receive hook declined)\n{END}",
        HostRefused,
        "You are not allowed to push code to protected branches",
        id="protected on GitLab",
    ),
    pytest.param(
        f"remote: ! [rejected] (stale info), says {SECRET}\n{TO} ! [remote rejected] a1 -> main (hook declined)\n{END}",
        HostRefused,
        "refused the push",
        id="a hook that talks like git, and of a password",
    ),
    pytest.param(
        "fatal: unable to access 'https://host.test/acme/env.git/': The requested URL returned error: 403\n",
        HostRefused,
        "lets the bot neither read nor push there",
        id="no right to push",
    ),
    pytest.param(
        "fatal: unable to access 'https://host.test/': Could not resolve host: host.test\n",
        HostUnavailable,
        "host.test",
        id="down",
    ),
    pytest.param("error: file write error: No space left on device\n", NoSpace, "no space left", id="a full device"),
]


@pytest.mark.parametrize(("errors", "kind", "words"), ROWS)
def test_what_a_push_that_failed_comes_to(errors: str, kind: type[Exception], words: str) -> None:
    error = meant(GitFailed(1, errors), "host.test", SECRET)
    assert type(error) is kind
    assert words in str(error)
    assert SECRET not in str(error)
