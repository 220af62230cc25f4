"""What an action says that could not even be tried, again and again: whose fault it is, and nothing of what only the operator should see."""


def not_performed(kind: str, region: str) -> str:
    """`kind` of error; "" where the artifact store, of that region, was the reason."""
    if kind:
        return f"Penstock could not run it: {kind}"
    return (
        f"the bot's artifact store{f' in {region}' if region else ''} could not be used, however often it was tried: "
        "whoever operates the bot finds why in its log, and with `penstock doctor`"
    )
