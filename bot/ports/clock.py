"""What time it is: the one port for it. Nothing else may ask the machine's clock."""

from typing import Protocol


class Clock(Protocol):
    """The only source of time. Seconds since the epoch, UTC."""

    def now(self) -> float: ...


# --- Git hosts -------------------------------------------------------------------------------------------------------
