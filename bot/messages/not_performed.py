"""What an action says that could not be performed: whose fault it is, and nothing of what only the operator should see."""

from bot.messages.words import duration


def artifact_store(region: str) -> str:
    return f"the bot's artifact store{f' in {region}' if region else ''}"


def not_performed(kind: str, region: str, patience: float) -> str:
    """`kind` of error; "" where the artifact store, of that region, was the reason. It was tried for so many seconds."""
    tried = f" for {duration(patience)}" if patience else ""
    if kind:
        return f"Penstock could not run it{tried}: {kind}"
    return (
        f"{artifact_store(region)} could not be used{tried}, however often it was tried: "
        "whoever operates the bot finds why in its log, and with `penstock doctor`"
    )
