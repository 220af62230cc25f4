"""What a buildspec asks for that can't be had on this machine, and what is passed over because it means nothing here."""

from bot.actions.building.driver import SHELLS
from bot.actions.building.spec import SpecInvalid
from bot.model.buildspec import Buildspec


def check(spec: Buildspec) -> None:
    """Raises SpecInvalid."""
    if spec.batch is not None and not any(phase.commands or phase.last for phase in spec.phases):
        raise SpecInvalid("The buildspec has nothing but a batch. Ask for it with `batch: true`.")
    if spec.env.shell not in SHELLS:
        raise SpecInvalid(
            f"The shell {spec.env.shell} is Windows' own, and builds run on Linux here. Write `shell: bash`."
        )


def notes(spec: Buildspec, *, batch: bool) -> list[str]:
    """For the log: what is passed over. `batch`: this is a build of one."""
    found = []
    if spec.phases[0].runtimes:
        chosen = ", ".join(f"{name} {version}" for name, version in spec.phases[0].runtimes.items())
        found.append(f"Runtimes are not selected here, and {chosen} is passed over: builds have what the machine has.")
    if spec.env.git_credentials:
        found.append("The git credential helper is passed over: builds are given no credentials of the host.")
    if spec.batch is not None and not batch:
        found.append("The batch is passed over: this is one build.")
    artifacts = [spec.artifacts, *spec.secondary.values()]
    if any(each is not None and each.s3_prefix for each in artifacts):
        found.append("The s3-prefix of artifacts is passed over: they are kept in the bot's own store.")
    return found
