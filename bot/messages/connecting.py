"""What `penstock connect` says: how far it is, what it has found, and for each failure how it is mended."""

from bot.ports import HookAnswer


def found(host: str, full_name: str) -> str:
    return f"{host} knows {full_name}."


def made(url: str) -> str:
    return f"Added a webhook that delivers to {url}, with a secret of its own."


def repaired(url: str, faults: tuple[str, ...]) -> str:
    why = f": {'; '.join(faults)}" if faults else ""
    return f"The webhook that delivers to {url} was there{why}. It is as it should be now, with a fresh secret."


def dropped(count: int) -> str:
    return f"Removed {count} more of the same address: every delivery came {count + 1} times."


def removed(count: int, full_name: str, url: str) -> str:
    if not count:
        return f"{full_name} has no webhook that delivers to {url}: there was nothing to remove."
    return f"Removed {'the webhook' if count == 1 else f'{count} webhooks'} of {full_name} that delivered to {url}."


def embedded(full_name: str) -> str:
    return f"{full_name} is on the embedded host, which tells the bot of everything by itself: there is nothing to do."


def by_app(login: str, full_name: str) -> str:
    return f"The GitHub App {login} is installed on {full_name}, and hears of it by its own webhook: there is nothing to do."


def app_not_installed(login: str, full_name: str, page: str) -> tuple[str, str]:
    return f"The GitHub App {login} is not installed on {full_name}.", f"Install it there: {page}"


def not_found(host: str, full_name: str, tokens: str) -> tuple[str, str]:
    return (
        f"{host} shows no {full_name} to the bot's token.",
        f"Check the address; if it is right, give the account of the token access to the repository, or set {tokens} to another.",
    )


def refused(host: str, why: str, needs: str) -> tuple[str, str]:
    return f"{host} refuses: {why}.", f"The token needs {needs}."


def unavailable(host: str, why: str) -> tuple[str, str]:
    return (
        f"{host} does not answer: {why}.",
        "Try again; what has been done so far is not done twice. `penstock doctor` looks closer.",
    )


def unreachable(host: str, url: str) -> tuple[str, str]:
    return (
        f"{host} can't deliver to {url}, which only this machine reaches.",
        "Set PENSTOCK_PUBLIC_URL to the address that it reaches, such as your proxy's, or name it with --url.",
    )


def delivered(host: str, seconds: float, answer: HookAnswer) -> str:
    return f"{host} has delivered a test in {seconds:.1f} s, and the bot has taken it ({answer.status})."


def not_delivered(host: str, url: str, answer: HookAnswer) -> tuple[str, str]:
    """Why it may be, by what was answered."""
    if answer.status in (401, 403):
        why = "Does the bot there have this database and this master key?"
        return f"{host} has delivered a test, which the bot refused ({answer.status}).", why
    if answer.status is not None:
        why = f"Is {url} the bot's own address? What is between may answer in its place."
        return f"{host} has delivered a test, which was answered {answer.status}.", why
    why = f"Start the bot (`penstock serve`), and see that {host} reaches {url}. Then connect again, or just push."
    return f"{host} could not deliver a test{f': {answer.said}' if answer.said else ''}.", why


def untested(host: str, full_name: str) -> str:
    return f"{host} has no test that starts nothing. Push something to {full_name}, or see with `penstock doctor` what became of the last delivery."
