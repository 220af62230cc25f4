"""The machine's clock. Everything that must know the time is handed one; nothing else asks the machine."""

from time import time


class SystemClock:
    """The `Clock` of a bot that runs."""

    def now(self) -> float:
        return time()
