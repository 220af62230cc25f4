"""What a benchmark prints: parts, and a ratio against its floor with the aim beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`ratio` is ours against the floor; `aim` says what it should be, as `>= 0.5`."""

    name: str
    ratio: float
    aim: str
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        sign, _, number = self.aim.partition(" ")
        return self.ratio >= float(number) if sign == ">=" else self.ratio <= float(number)

    def __str__(self) -> str:
        parts = " · ".join(f"{name} {value}" for name, value in self.parts.items())
        return f"| {self.name} | {self.ratio:.2f} | {self.aim} | {'yes' if self.met else '**no**'} | {parts} |"


HEAD = "| figure | ratio | aim | met | parts |\n|---|---|---|---|---|"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def middle(samples: list[float]) -> float:
    return median(samples)
