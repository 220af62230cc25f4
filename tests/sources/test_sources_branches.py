"""What git's complaints about a push mean: moved by others, refused by the host, or a host that can't be reached."""

import pytest

from bot.ports import BranchMoved, HostRefused, HostUnavailable, NoSpace, PushRefused
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
        f"remote: error: GH006: Protected branch update failed for refs/heads/main.   \n"
        f"remote: \nremote: - Changes must be made through a pull request.        \n{TO}"
        f" ! [remote rejected] a1 -> main (protected branch hook declined)\n{END}",
        PushRefused,
        "host.test refused the push: GH006: Protected branch update failed for refs/heads/main. Changes must be made through a "
        "pull request.",
        id="protected on GitHub",
    ),
    pytest.param(
        f"remote: error: GH013: Repository rule violations found for refs/heads/main.        \n"
        f"remote: Review all repository rules at https://host.test/acme/env/rules?ref=refs%2Fheads%2Fmain\nremote: \n"
        f"remote: - Commits must have verified signatures.        \n{TO}"
        f" ! [remote rejected] a1 -> main (push declined due to repository rule violations)\n{END}",
        PushRefused,
        "GH013: Repository rule violations found for refs/heads/main. Commits must have verified signatures.",
        id="a ruleset of GitHub",
    ),
    pytest.param(
        f"remote: -----------------------------------------------------\n"
        f"remote: Branch refs/heads/main can only be modified through pull requests.\n"
        f"remote: Check your branch permissions configuration with the project administrator.\n"
        f"remote: -----------------------------------------------------\n{TO}"
        f" ! [remote rejected] a1 -> main (pre-receive hook declined)\n{END}",
        PushRefused,
        "refused the push: Branch refs/heads/main can only be modified through pull requests. Check your branch",
        id="protected on Bitbucket Data Center",
    ),
    pytest.param(
        f"remote: GitLab: You are not allowed to push code to protected branches on this project.\n{TO}"
        f" ! [remote rejected] a1 -> main (pre-receive hook declined)\n{END}",
        PushRefused,
        "You are not allowed to push code to protected branches",
        id="protected on GitLab",
    ),
    pytest.param(
        f"remote: ! [rejected] (stale info), says {SECRET}\n{TO} ! [remote rejected] a1 -> main (hook declined)\n{END}",
        PushRefused,
        "refused the push",
        id="a hook that talks like git, and of a password",
    ),
    pytest.param(
        "fatal: unable to access 'https://host.test/acme/env.git/': The requested URL returned error: 403\n",
        HostRefused,
        "does not let the bot push there",
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
