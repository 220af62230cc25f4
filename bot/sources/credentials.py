"""How a password reaches git: through a variable of that one process, which a tiny program prints when git asks.

Never an argument, a URL, a configuration or a log. The program answers for the remote's own host alone, so that a
submodule or a redirect elsewhere gets nothing.
"""

from pathlib import Path
from urllib.parse import urlsplit

from bot.ports import GitRemote, HostRefused

# Git asks "Password for 'https://user@host': ". What stands before the last `@` is the URL's, and may be anybody's choice;
# the end is the host that wants the password.
ASKPASS = """\
#!/bin/sh
# Prints the password of the one host it is for, from its environment. It holds no secret itself.
case "$1" in
    "Username for '$PENSTOCK_GIT_SCHEME://$PENSTOCK_GIT_HOST': ") printf '%s\\n' "$PENSTOCK_GIT_USERNAME" ;;
    "Password for '$PENSTOCK_GIT_SCHEME://"*"@$PENSTOCK_GIT_HOST': ") printf '%s\\n' "$PENSTOCK_GIT_PASSWORD" ;;
    *) exit 1 ;;
esac
"""


def write_askpass(program: Path) -> None:
    program.write_text(ASKPASS)
    program.chmod(0o700)


def credential_environment(remote: GitRemote, program: Path) -> dict[str, str]:
    """What a git process that talks to the remote has in its environment on top of the usual. Empty for a public one."""
    if not remote.password:
        return {}
    if any(character in remote.password + remote.username for character in "\0\r\n"):
        raise HostRefused("The credentials for the host hold a line break: no host can have given them out.")
    parts = urlsplit(remote.url)
    host = parts.netloc.rpartition("@")[2]
    return {
        # The user name is no secret: told beforehand, it saves git a question.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"credential.{parts.scheme}://{host}.username",
        "GIT_CONFIG_VALUE_0": remote.username or "git",
        "GIT_ASKPASS": str(program),
        "PENSTOCK_GIT_SCHEME": parts.scheme,
        "PENSTOCK_GIT_HOST": host,
        "PENSTOCK_GIT_USERNAME": remote.username or "git",
        "PENSTOCK_GIT_PASSWORD": remote.password,
    }


def bare_url(url: str) -> str:
    """The URL without a user name or password, should one be in it, fit to be shown and written down."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
