"""What fails an event on a target, for its user to mend."""

from __future__ import annotations


class Failure(Exception):
    """`code` is one of CodeDeploy's (SCR-7), `script` the one that failed; the text says what is wrong and what would help."""

    def __init__(self, message: str, code: str = "UnknownError", script: str = "", tail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.script = script
        self.tail = tail
