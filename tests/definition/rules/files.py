"""The smallest files that the rules' tables are made of."""

LONG = "x" * 101


def stage(actions: str, more: str = "") -> str:
    return f"stages: [{{name: build, actions: [{actions}]{more}}}]"


def of_actions(number: int) -> str:
    return stage(", ".join(f"{{name: a{index}, run: b}}" for index in range(number)))


RUN = "{name: unit, run: make}"
GIT = "{type: git, repository: acme/docs}"
BUILT = stage(RUN)


def hook(text: str) -> str:
    return f"secrets: {{K: {{sealed: x}}}}\ntriggers: {{webhooks: [{text}]}}\n{BUILT}"
