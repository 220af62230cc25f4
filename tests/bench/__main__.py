"""`python -m tests.bench [NAME …]`: run the benchmarks, print the table. Exit status 1 when an aim is not met."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from tests.bench.accept import accept
from tests.bench.artifacts import artifacts
from tests.bench.build import build
from tests.bench.burst import burst
from tests.bench.calls import calls
from tests.bench.deciding import deciding
from tests.bench.deploy import deploy
from tests.bench.figures import HEAD, Figure
from tests.bench.history import history
from tests.bench.log import log
from tests.bench.overhead import overhead
from tests.bench.waiting import waiting


async def _decide(_folder: Path) -> Figure:
    return deciding()


async def _build(folder: Path) -> Figure:
    return build(folder)


ALL: dict[str, Callable[[Path], Awaitable[Figure | Sequence[Figure]]]] = {
    "accept": accept,
    "overhead": overhead,
    "burst": burst,
    "waiting": waiting,
    "history": history,
    "log": log,
    "decide": _decide,
    "calls": calls,
    "artifacts": artifacts,
    "build": _build,
    "deploy": deploy,
}


def _run(name: str, folder: Path) -> Figure | Sequence[Figure]:
    async def run() -> Figure | Sequence[Figure]:
        return await ALL[name](folder)

    # The load of *accept* must be light; the GitHub on loopback is at home on the standard loop.
    return uvloop.run(run()) if name == "accept" else asyncio.run(run())


def main() -> None:
    chosen = sys.argv[1:] or list(ALL)
    print(HEAD, flush=True)
    missed = False
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="penstock-bench-", ignore_cleanup_errors=True) as folder:
            done = _run(name, Path(folder))
        for figure in [done] if isinstance(done, Figure) else done:
            print(figure, flush=True)
            missed |= not figure.met
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
