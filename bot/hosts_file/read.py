"""The file's text to hosts, or everything that is wrong with it: each problem with its place. Secrets are read here, and shown nowhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from bot.definition.document import Document, Finding, Map, Mark, locate, quoted, written
from bot.definition.shape import findings
from bot.definition.syntax import read_documents
from bot.hosts_file.grammar import HostEntry, HostsFile, Secret
from bot.model.host_secret import HostSecret
from bot.model.problem import Problem
from bot.settings.secret_forms import is_app_key, is_signing_token, unfolded

_ONLY = {
    "api_url": ("github", "bitbucket"),
    "user": ("bitbucket",),
    "api_token": ("bitbucket",),
    "app_id": ("github",),
    "private_key": ("github",),
    "signing_tokens": ("gitlab",),
    "checks": ("github",),
}
"""Of which kinds a key is."""


@dataclass(frozen=True, slots=True)
class FileHost:
    """A host with its secrets. `secrets` by their keys in the file; `webhook_secrets` are good for all, `limited` for some repositories."""

    entry: HostEntry
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    signing_tokens: tuple[str, ...] = field(default=(), repr=False)
    limited: tuple[HostSecret, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """`hosts` is empty when there are problems."""

    hosts: tuple[FileHost, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_hosts(data: bytes, file: str, folder: Path, environment: Mapping[str, str]) -> Reading:
    """`file` is how problems name it, `folder` where relative paths begin."""
    documents, unreadable = read_documents(data)
    document = documents[0] if documents else Document(Map(_BEGINNING), _BEGINNING)
    if unreadable or not isinstance(document.root, Map):
        found = unreadable or [Finding((), "The hosts file is a mapping.", "Begin with `hosts:`.")]
        return Reading((), tuple(_problem(file, document, each) for each in found))
    try:
        read = HostsFile.model_validate(document.root)
    except ValidationError as error:
        told = findings(error, document, HostsFile)
        return Reading((), tuple(_problem(file, document, each) for each in told))
    hosts, wrong = [], [*_together(read)]
    for index, entry in enumerate(read.hosts):
        wrong += _of_kind(entry, ("hosts", index))
        found_host, missing = _with_secrets(entry, ("hosts", index), folder, environment)
        wrong += missing
        hosts.append(found_host)
    if wrong:
        return Reading((), tuple(_problem(file, document, each) for each in wrong))
    return Reading(tuple(hosts))


def _together(read: HostsFile) -> Iterator[Finding]:
    for index, entry in enumerate(read.hosts):
        if any(entry.name == other.name for other in read.hosts[:index]):
            reason = f"Another host is called {quoted(entry.name)}, too."
            yield Finding(("hosts", index, "name"), reason, "Give each a name of its own.")


def _of_kind(entry: HostEntry, path: tuple[str | int, ...]) -> Iterator[Finding]:
    """What goes with its kind, and with what else it says."""
    for key, kinds in _ONLY.items():
        if getattr(entry, key) is not None and entry.kind not in kinds:
            yield Finding((*path, key), f"{quoted(key)} is nothing to {quoted(entry.kind)}.", "Remove it.", on_key=True)
    if entry.kind == "bitbucket-dc" and entry.url is None:
        yield Finding((*path, "kind"), "There is no public Bitbucket Data Center.", "Add `url:` with where yours is.")
    for one, other in (("app_id", "private_key"), ("user", "api_token")):
        given, missing = (one, other) if getattr(entry, one) is not None else (other, one)
        if getattr(entry, given) is not None and getattr(entry, missing) is None:
            yield Finding((*path, given), f"{quoted(given)} is of no use alone.", f"Add `{missing}:`.", on_key=True)
    if entry.token is not None and entry.app_id is not None:
        yield Finding((*path, "token"), "`token` and `app_id` are given together.", "Keep one of the two.", on_key=True)


@dataclass(slots=True)
class _Opened:
    """Secrets as they are read, and what keeps others from being so."""

    folder: Path
    environment: Mapping[str, str]
    wrong: list[Finding] = field(default_factory=list)

    def value(self, secret: Secret, path: tuple[str | int, ...]) -> str:
        """Nothing where it can't be had: that is told."""
        if (secret.file is None) == (secret.env is None):
            reason = "A secret is in a file or in an environment variable: exactly one of the two."
            self.wrong.append(Finding(path, reason, "Write `file:` or `env:` below it."))
            return ""
        if secret.env is not None:
            value = self.environment.get(secret.env, "")
            if not value:
                reason = f"The environment variable {quoted(secret.env)} is not set."
                self.wrong.append(Finding((*path, "env"), reason, "Set it where the bot is started."))
            return value
        try:
            value = (self.folder / (secret.file or "")).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            reason = f"The file {quoted(secret.file)} can't be read: {why}."
            self.wrong.append(Finding((*path, "file"), reason, "Name a file that the bot may read."))
            return ""
        if not value:
            reason = f"The file {quoted(secret.file)} is empty."
            self.wrong.append(Finding((*path, "file"), reason, "Write the secret into it."))
        return value


def _with_secrets(
    entry: HostEntry, path: tuple[str | int, ...], folder: Path, environment: Mapping[str, str]
) -> tuple[FileHost, list[Finding]]:
    opened = _Opened(folder, environment)
    single = {key: getattr(entry, key) for key in ("token", "api_token", "private_key")}
    secrets = {key: opened.value(secret, (*path, key)) for key, secret in single.items() if secret is not None}
    if (pem := secrets.get("private_key")) and not is_app_key(unfolded(pem)):
        reason = "That is no private key of a GitHub App."
        opened.wrong.append(Finding((*path, "private_key"), reason, "It must be as GitHub gives it, in PEM form."))
    general, limited = [], []
    for index, hook in enumerate(entry.webhook_secrets or ()):
        value = opened.value(hook, (*path, "webhook_secrets", index))
        patterns = (hook.only_for,) if hook.only_for else entry.repositories or ()
        limited += [HostSecret(value, pattern) for pattern in patterns]
        general += [] if patterns else [value]
    signing = []
    for index, each in enumerate(entry.signing_tokens or ()):
        where = (*path, "signing_tokens", index)
        if (token := opened.value(each, where)) and not is_signing_token(token):
            reason = "That is no signing token."
            opened.wrong.append(Finding(where, reason, "It must be as GitLab shows it: whsec_ and a key in base64."))
        limited += [HostSecret(token, pattern) for pattern in entry.repositories or ()]
        signing += [] if entry.repositories else [token]
    return FileHost(entry, secrets, tuple(general), tuple(signing), tuple(limited)), opened.wrong


def _problem(file: str, document: Document, finding: Finding) -> Problem:
    mark, path = locate(document, finding)
    return Problem(file, *(finding.mark or mark), path or written(finding.path), finding.reason, finding.remedy)


_BEGINNING = Mark(1, 1)
