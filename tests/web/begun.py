"""Executions that several tests and the screenshots begin with: as far as approval, waiting, failed."""

from typing import Any

from bot.model.approval import Verdict
from bot.model.execution import Execution
from tests.web.scene import BEN, Scene


async def through_build(scene: Scene, **how: Any) -> Execution:
    execution = await scene.start(**how)
    await scene.finish(execution, "lint", took=4.2)
    await scene.finish(execution, "unit", took=41, peak_memory=312 << 20)
    await scene.finish(execution, "package", took=18)
    return execution


async def waiting(scene: Scene, **how: Any) -> Execution:
    """Waits for the second of two approvals."""
    execution = await through_build(scene, **how)
    await scene.finish(execution, "deploy", took=12)
    await scene.finish(execution, "smoke-test", took=75)
    await scene.answer(execution, Verdict.APPROVED, BEN, "Looks right on staging")
    return execution


async def failed(scene: Scene, **how: Any) -> Execution:
    execution = await scene.start(**how)
    await scene.finish(execution, "lint", took=3)
    await scene.finish(execution, "unit", ok=False, took=33, log=FAILED_LOG, summary="exit status 2", exit_status=2)
    return execution


FAILED_LOG = (
    b"$ make unit\r\npython -m pytest -q\n"
    + b"".join(b"\r\x1b[K\x1b[36mcollecting\x1b[0m %d items" % n for n in range(1, 212, 30))
    + b"\n\n"
    + b"".join(
        b"tests/test_%02d.py \x1b[32m%s\x1b[0m \x1b[2m[%3d%%]\x1b[0m\n" % (n, b"." * (n * 7 % 31 + 3), n * 8)
        for n in range(1, 13)
    )
    + b"\n=================================== FAILURES ===================================\n"
    b"\x1b[31m\x1b[1m____________________________ test_price_is_rounded ____________________________\x1b[0m\n\n"
    b"    \x1b[94mdef\x1b[39m \x1b[92mtest_price_is_rounded\x1b[39m():\n"
    b'>       \x1b[94massert\x1b[39m price(\x1b[94m3\x1b[39m) == \x1b[33m"9.99"\x1b[39m\n'
    b"\x1b[31mE       AssertionError: assert '9.990000000000002' == '9.99'\x1b[0m\n\n"
    b"\x1b[31mtests/test_price.py\x1b[0m:14: AssertionError\n"
    b"\x1b[38;2;255;140;0mwarning\x1b[0m: \x1b[48;5;24m 1 deprecated call \x1b[0m <script>alert(1)</script>\n"
    b"\x1b[31m\x1b[1m1 failed\x1b[0m, \x1b[32m211 passed\x1b[0m in 32.18s\n"
    b"make: *** [Makefile:12: unit] Error 1\n"
)
