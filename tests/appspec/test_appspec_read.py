"""What is an appspec and what is none, by the reference's rules: files that are taken, and files that are refused, told where and why."""

from typing import Any

import jsonschema
import pytest
import yaml

from bot.appspec import inline_text, is_appspec, json_schema, read_appspec
from bot.model.appspec import Appspec, Context, Existing, FileCopy, LifecycleEvent, Permission, Script

HEAD = "version: 0.0\nos: linux\n"
WHOLE = (
    HEAD
    + """
files:
  - {source: /, destination: /srv/app/}
  - {source: /conf/app.ini, destination: /etc/app}
file_exists_behavior: OVERWRITE
permissions:
  - object: /srv/app
    pattern: "*.sh"
    except: [old.sh, tmp/app/other]
    owner: app
    group: web
    mode: 0755
    acls: ["u:alice:rw", "d:g:web:rx"]
    context: {name: system_u, type: httpd_t, range: "s0-s3:c0.c5,c7"}
    type: file
hooks:
  ApplicationStop:
    - {location: scripts/stop.sh, timeout: 30, runas: app}
  ValidateService:
    - location: scripts/check.sh
    - {location: scripts/again.sh, timeout: "60", sudo: true}
  AfterInstall:
"""
)


def read(text: str) -> Appspec:
    reading = read_appspec(text.encode())
    assert not reading.problems, "\n".join(map(str, reading.problems))
    assert reading.appspec is not None
    return reading.appspec


def test_a_whole_file_is_read_as_it_is_meant() -> None:
    """APS-1, APS-3, APS-5a (an event without a value), INS-1, PRM-1, PRM-3, PRM-5, HOK-2, HOK-3."""
    assert read(WHOLE) == Appspec(
        "linux",
        (FileCopy("", "/srv/app"), FileCopy("conf/app.ini", "/etc/app")),
        (
            Permission(
                "/srv/app", "*.sh", ("old.sh", "tmp/app/other"), "app", "web", "0755", ("u:alice:rw", "d:g:web:rx"),
                Context("httpd_t", "system_u", "s0-s3:c0.c5,c7"), ("file",),
            ),
        ),
        {
            LifecycleEvent.APPLICATION_STOP: (Script("scripts/stop.sh", 30.0, "app"),),
            LifecycleEvent.VALIDATE_SERVICE: (Script("scripts/check.sh"), Script("scripts/again.sh", 60.0, sudo=True)),
        },
        Existing.OVERWRITE,
    )  # fmt: skip


def test_aps_6_files_permissions_and_hooks_may_be_missing() -> None:
    assert read(HEAD) == read(HEAD + "files:\npermissions:\nhooks:\n") == Appspec("linux")


def test_what_is_unknown_is_passed_over_with_a_warning() -> None:
    reading = read_appspec((HEAD + "fils: []\n").encode())
    assert reading.appspec is not None
    assert reading.warnings == (
        "appspec.yml, line 3: the key `fils` is not known here, and ignored. Did you mean `files`?",
    )


def _script(keys: str) -> str:
    return HEAD + f"hooks: {{BeforeInstall: [{{location: a.sh, {keys}}}]}}"


def _permission(keys: str) -> str:
    return HEAD + f"permissions: [{{object: /srv, {keys}}}]"


STOP = "hooks.BeforeInstall"
ENTRY = "permissions[0]"
REFUSED = [
    ("APS-4 empty", "", "", "no appspec"),
    ("APS-4 a list", "[]", "", "no appspec"),
    ("APS-4 not YAML", "version: 0.0\nfiles: [a", "", "not closed"),
    ("APS-4 no version", "os: linux", "version", "missing"),
    ("APS-4 a quoted version", "version: '0.0'\nos: linux", "version", "Remove the quotes"),
    ("APS-4 another version", "version: 0.2\nos: linux", "version", "number 0.0"),
    ("APS-5 no os", "version: 0.0", "os", "missing"),
    ("APS-5 another os", "version: 0.0\nos: Linux", "os", "Did you mean `linux`"),
    ("APS-4 for windows", "version: 0.0\nos: windows\nfiles: [{source: a, destination: 'C:\\b'}]", "os", "Windows"),
    ("APS-5 another behaviour", HEAD + "file_exists_behavior: overwrite", "file_exists_behavior", "Did you mean `OVERWRITE`"),
    ("APS-5 an unknown event", HEAD + "hooks: {AppStart: []}", "hooks.AppStart", "no lifecycle event"),
    ("APS-5 no location", HEAD + "hooks: {BeforeInstall: [{timeout: 3}]}", f"{STOP}[0].location", "missing"),
    ("APS-5 an empty location", HEAD + "hooks: {BeforeInstall: [{location: ''}]}", f"{STOP}[0].location", "no file"),
    ("APS-5 a location outside", HEAD + "hooks: {BeforeInstall: [{location: a/../../b}]}", f"{STOP}[0].location", "leads out"),
    ("APS-5 no object", HEAD + "permissions: [{mode: 644}]", f"{ENTRY}.object", "missing"),
    ("APS-5 another type", _permission("type: [link]"), f"{ENTRY}.type[0]", "cannot be `link`"),
    ("APS-5 no context type", _permission("context: {user: a}"), f"{ENTRY}.context.type", "missing"),
    ("APS-7 a reserved event", HEAD + "hooks: {Install: [{location: a}]}", "hooks.Install", "takes no scripts"),
    ("HOK-2 no time", _script("timeout: 0"), f"{STOP}[0].timeout", "above 0"),
    ("HOK-2 no number", _script("timeout: soon"), f"{STOP}[0].timeout", "above 0"),
    ("HOK-2 more than an hour", HEAD + "hooks: {BeforeInstall: [{location: a, timeout: 3000}, {location: b, timeout: 601}]}", STOP, "3601"),
    ("INS-1 a source outside", HEAD + "files: [{source: ../a, destination: /b}]", "files[0].source", "leads out"),
    ("INS-1 a relative destination", HEAD + "files: [{source: a, destination: b}]", "files[0].destination", "no absolute path"),
    ("INS-1 a destination that goes up", HEAD + "files: [{source: a, destination: /b/../c}]", "files[0].destination", "goes up"),
    ("PRM-2 a pattern of several folders", _permission("pattern: a/*"), f"{ENTRY}.pattern", "has a `/`"),
    ("PRM-5 a long mode", _permission("mode: 10644"), f"{ENTRY}.mode", "octal digits"),
    ("PRM-5 a symbolic mode", _permission("mode: u+x"), f"{ENTRY}.mode", "octal digits"),
    ("PRM-5 no octal mode", _permission("mode: 648"), f"{ENTRY}.mode", "octal digits"),
    ("PRM-5 a range that falls", _permission("context: {type: a, range: s3-s0}"), f"{ENTRY}.context.range", "below its beginning"),
    ("PRM-5 a category beyond", _permission("context: {type: a, range: 's0:c1024'}"), f"{ENTRY}.context.range", "c1023"),
    ("PRM-5 a category twice", _permission("context: {type: a, range: 's0:c0.c4,c2'}"), f"{ENTRY}.context.range", "twice"),
    ("PRM-5 no list", _permission("acls: [alice]"), f"{ENTRY}.acls[0]", "no entry"),
    ("a Lambda's", "version: 0.0\nResources: [{f: {Type: AWS::Lambda::Function}}]", "Resources", "for Lambda"),
    ("an ECS service's", "version: 0.0\nResources: [{f: {Type: AWS::ECS::Service}}]", "Resources", "for ECS"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_wrong_is_told_where_it_is(text: str, path: str, words: str) -> None:
    reading = read_appspec(text.encode())
    assert reading.appspec is None
    (problem,) = reading.problems
    assert problem.path == path
    assert words in f"{problem.reason} {problem.remedy}"
    assert problem.remedy


def test_all_problems_are_told_at_once_in_the_files_order() -> None:
    problems = read_appspec(b"version: 1\nos: mac\nfiles: [{source: ..}]\nhooks: {Start: []}").problems
    assert [problem.path for problem in problems] == [
        "version",
        "os",
        "files[0].destination",
        "files[0].source",
        "hooks.Start",
    ]
    assert [problem.line for problem in problems] == [1, 2, 3, 3, 4]


def _plain(text: str) -> Any:
    return yaml.safe_load(text)


def test_the_schema_takes_what_is_taken() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(_plain(WHOLE.replace("AfterInstall:", "")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_plain("os: linux"), schema)


def test_what_means_to_be_an_appspec() -> None:
    assert is_appspec(HEAD.encode())
    assert not is_appspec(b"version: 0.2\nphases: {}")
    assert not is_appspec(b"stages: []\nhooks: {}")
    assert not is_appspec(b"[]")


def test_one_in_place_is_the_same() -> None:
    assert read(inline_text({"version": 0.0, "os": "linux"})) == Appspec("linux")
