"""How a password reaches git: through a variable of that one process, which a tiny program prints when git asks.

Never an argument, a URL, a configuration or a log. The program answers for one address alone, host and path, so that a
redirect elsewhere gets nothing. Whose credentials an address is fetched with at all is `access`'s affair.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from bot.ports import GitRemote, HostRefused

# Git asks "Password for 'https://user@host/path': " (credential.useHttpPath). The whole line is compared: were any part of
# it left open, an address elsewhere could be written so that it ends or begins like ours.
ASKPASS = """\
#!/bin/sh
# Prints the password of the one repository it is for, from its environment. It holds no secret itself.
case "$1" in
    "Username for '$PENSTOCK_GIT_SCHEME://$PENSTOCK_GIT_PLACE': ") printf '%s\\n' "$PENSTOCK_GIT_USERNAME" ;;
    "Password for '$PENSTOCK_GIT_SCHEME://$PENSTOCK_GIT_USERNAME@$PENSTOCK_GIT_PLACE': ") printf '%s\\n' "$PENSTOCK_GIT_PASSWORD" ;;
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
    parts = urlsplit(bare_url(remote.url))
    username = remote.username or "git"
    return {
        "GIT_CONFIG_COUNT": "2",
        # The user name is no secret: told beforehand, it saves git a question.
        "GIT_CONFIG_KEY_0": f"credential.{parts.geturl()}.username",
        "GIT_CONFIG_VALUE_0": username,
        # Within one host the password would go along with a redirect, to whatever repository it leads to.
        "GIT_CONFIG_KEY_1": "http.followRedirects",
        "GIT_CONFIG_VALUE_1": "false",
        "GIT_ASKPASS": str(program),
        "PENSTOCK_GIT_SCHEME": parts.scheme,
        "PENSTOCK_GIT_PLACE": f"{parts.netloc}/{unquote(parts.path).strip('/')}",
        "PENSTOCK_GIT_USERNAME": username,
        "PENSTOCK_GIT_PASSWORD": remote.password,
    }


def bare_url(url: str) -> str:
    """The URL without a user name or password, should one be in it, fit to be shown and written down."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
