"""What an action says that could not be performed: whose fault it is, and nothing of what only the operator should see."""

from bot.messages.words import duration


def artifact_store(region: str) -> str:
    return f"the bot's artifact store{f' in {region}' if region else ''}"


def still(what: str, patience: float) -> str:
    """`what` fails, in words, and did whenever it was tried for so many seconds."""
    return f"{what}, however often it was tried for {duration(patience)}" if patience else what


def not_performed(kind: str, region: str, patience: float) -> str:
    """`kind` of error; "" where the artifact store, of that region, was the reason. It was tried for so many seconds."""
    tried = f" for {duration(patience)}" if patience else ""
    if kind:
        return f"Penstock could not run it{tried}: {kind}"
    return (
        f"{artifact_store(region)} could not be used{tried}, however often it was tried: "
        "whoever operates the bot finds why in its log, and with `penstock doctor`"
    )
