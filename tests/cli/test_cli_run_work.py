"""`penstock run` with the forms of work that ask others or leave something behind: endpoints, programs, reports, caches, plug-ins."""

import base64
import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bot.actions.invoke import endpoint
from tests.cli.conftest import Typed

INVOKED = """\
secrets: {GATE_KEY: {sealed: unknown}}
stages:
  - name: build
    actions:
      - {name: smoke, invoke: {function: gate, parameters: deep, secret: GATE_KEY}, namespace: smoke, outputs: {report: ["**"]}}
      - {name: told, run_order: 2, run: 'cat report.txt; echo " at #{smoke.URL}"', inputs: [report]}
      - {name: program, run_order: 2, invoke: {command: grep -o deeper, parameters: deeper}}
"""
ANSWERS: list[Mapping[str, Any]] = [
    {"status": "continue", "token": "1", "again_in": 0, "summary": "3 of 8 checks"},
    {
        "status": "succeeded",
        "summary": "8 checks",
        "url": "https://gate.example.org/1",
        "outputs": {"URL": "https://example.org"},
        "artifacts": {"report": {"report.txt": "all well"}},
    },
]
BUILT = """\
version: 0.2
phases:
  build:
    commands:
      - mkdir -p ~/kept && date >~/kept/date
      - |
        echo '<testsuite name="s"><testcase classname="c" name="good"/><testcase classname="c" name="bad"><failure/></testcase></testsuite>' >r.xml
reports: {unit: {files: [r.xml]}}
cache: {key: one, paths: ["/root/kept/**/*"]}
"""


@pytest.fixture
def gate() -> Iterator[str]:
    """An endpoint that gives its answers one after another, to what is signed. In a thread: what is typed has this one."""
    left = list(ANSWERS)

    class Gate(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["webhook-signature"].startswith("v1,")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(left.pop(0)).encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Gate) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"gate=http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_endpoint_tells_how_far_it_is_and_a_program_is_one_of_the_tree(
    typed: Typed, folder: Path, gate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "SOONEST", 0.0)
    (folder / ".pipeline.yml").write_text(INVOKED)
    unknown = typed("run")
    monkeypatch.setenv("PENSTOCK_INVOKE_ENDPOINTS", gate)
    keyless = typed("run")
    monkeypatch.setenv("GATE_KEY", f"whsec_{base64.b64encode(bytes(32)).decode()}")
    ended = typed("run")
    assert "no endpoint gate is known: PENSTOCK_INVOKE_ENDPOINTS names none" in unknown.out
    assert "set the environment variable GATE_KEY to give it" in keyless.out
    assert ended.status == 0, ended.out
    assert "… build/smoke: 3 of 8 checks" in ended.out
    assert "8 checks; https://gate.example.org/1" in ended.out
    assert "build/told │ all well at https://example.org" in ended.out
    assert "build/program │ deeper" in ended.out


def test_reports_are_counted_and_no_cache_outlives_the_run(typed: Typed, folder: Path) -> None:
    (folder / ".pipeline.yml").write_text("stages: [{name: a, actions: [{name: b, test: buildspec.yml}]}]\n")
    (folder / "buildspec.yml").write_text(BUILT)
    for _ in range(2):
        ended = typed("run")
        assert ended.status == 0, ended.out
        assert "1 passed, 1 failed" in ended.out
        assert "No cache: none is kept here" in ended.out
    assert sorted(each.name for each in folder.iterdir()) == [".pipeline.yml", "buildspec.yml"]
