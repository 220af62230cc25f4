"""What concerns every test of the suite. What a folder's tests share is in the folder's own conftest."""

import gc
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

HERE = Path(__file__).parent
EXAMPLES, THOROUGH = 50, 1000
"""Of each property: each run tries others. What names a number of its own is slow, or needs them."""

gc.disable()
"""Until all is collected: what that makes stays."""

LONG = (
    "crash",
    "contracts",
    "cli",
    "deploying",
    "targets",
    "web",
    "stories",
    "providers",
    "sources",
    "project",
    "buildspec",
    "stores",
)
"""The folders of the files that take longest, first: a process that takes up such a file last lets the others wait for it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-host",
        action="store_true",
        help="tell stories of the engine, and each row of a table, on every host, too",
    )
    parser.addoption("--thorough", action="store_true", help="try properties with twenty times as many examples")


def pytest_configure(config: pytest.Config) -> None:
    """Before tests are read, whose settings begin with these."""
    patience = timedelta(seconds=5)  # for what never ends, not for a busy machine
    settings.register_profile("suite", max_examples=EXAMPLES, deadline=patience)
    settings.register_profile("thorough", max_examples=THOROUGH, deadline=patience)
    settings.load_profile("thorough" if config.getoption("thorough") else "suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.path.relative_to(HERE).parts[0]))  # stable: all else stays as it was


def _turn(folder: str) -> int:
    return LONG.index(folder) if folder in LONG else len(LONG)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What collecting has made stays until the end: the garbage collector need not go through it again and again (a tenth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture
def hushed() -> Iterator[None]:
    """A bot in this process speaks of errors alone, and not where commands do. No logger keeps that: others are listened to later."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("error"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """An AWS on loopback, which all tests share: S3, the Parameter Store, the Secrets Manager. Whatever is made there has a name of its own."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  half a second, for the few that ask for it

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
