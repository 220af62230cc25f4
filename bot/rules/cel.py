"""A process that evaluates CEL expressions, one a line: run by `bot.rules.judge`, never in the bot's own process.

An expression comes from a repository, and one of few characters can ask for more time or memory than there is. Here it can
have neither: memory is limited, and whoever asks ends the process when it takes too long.
"""

import json
import resource
import sys

MEMORY = 512 << 20
CPU_SECONDS = 600
"""In all: a process that has worked for so long is replaced."""


def evaluate(expression: str, names: dict[str, object]) -> dict[str, object]:
    """`value`: what it came to; or `error`: why there is none, in words."""
    import cel  # noqa: PLC0415  after the limits are set

    try:
        value = cel.evaluate(expression, names)
    except KeyError as error:
        return {"error": f"there is no {error.args[0]}"}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  the library panics on what it did not foresee
        return {"error": str(error).split("\n", 1)[0][:300] or type(error).__name__}
    if isinstance(value, bool):
        return {"value": value}
    return {"error": f"it comes to {_kind(value)}, and must come to true or false"}


def _kind(value: object) -> str:
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "a map", type(None): "nothing"}
    return kinds.get(type(value), "something else")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answer = json.dumps(evaluate(asked["expression"], asked["names"]))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
