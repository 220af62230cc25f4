"""What takes a look at all files of a commit: names that differ, pipelines that start each other, and secrets that open."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.definition.document import Document, Finding, Map, Path, locate, quoted
from bot.definition.file import File
from bot.definition.outline import listed, mapping_at, outline, text_at
from bot.definition.plugins import check as check_plugins
from bot.definition.suggest import closest
from bot.model.plugin import Plugins

MOST_PIPELINES = 50

Unsealed = Callable[[str, str], str]
"""Whether a secret of that name opens, as it is sealed: "" when it does, else why not."""

Placed = tuple[File, Document]


def check_together(
    read: Sequence[File], *, whole: bool, unsealed: Unsealed | None, plugins: Plugins | None = None
) -> None:
    """Add the problems to the files. `whole`: these are all of the repository's. `unsealed` None: nobody here can open secrets;
    `plugins` None: nobody here knows which are installed where it is going to run.
    """
    everything = [(one, document) for one in read for document in one.documents]
    _names(everything)
    _chains(everything, whole=whole)
    if unsealed is not None:
        _seals(everything, unsealed)
    if plugins is not None:
        for one, document in everything:
            for finding in check_plugins(document, plugins):
                one.tell(document, finding)


def _names(everything: Sequence[Placed]) -> None:
    """Names are unique in the repository. All who share one are told, since none of them has a better claim to it."""
    places: dict[str, list[Placed]] = {}
    for one, document in everything:
        places.setdefault(one.name_of(document), []).append((one, document))
    for name, sharing in places.items():
        for one, document in sharing if len(sharing) > 1 else ():
            others = ", ".join(_where(place, other) for place, other in sharing if other is not document)
            reason = f"Another pipeline is named {quoted(name)} too: {others}."
            one.tell(document, Finding(("name",), reason, "Give each pipeline a `name` of its own."))
    for one, document in everything[MOST_PIPELINES:]:
        reason = f"The repository has {len(everything)} pipelines, and may have at most {MOST_PIPELINES}."
        one.tell(document, Finding((), reason, "Remove some."))


def _where(one: File, document: Document) -> str:
    mark, _ = locate(document, Finding(("name",), ""))
    return f"{one.file}:{mark.line}"


def _chains(everything: Sequence[Placed], *, whole: bool) -> None:
    """A pipeline that starts another one, as its trigger or by invoking it (INV-2): that one is there, and the chain does not
    come back to where it began.
    """
    starters: dict[str, list[str]] = {one.name_of(document): [] for one, document in everything}
    for one, document in everything:
        mine = one.name_of(document)
        starters[mine] += [name for _, name in _starters(document)]
        for _, name in _invoked(document):
            starters.setdefault(name, []).append(mine)
    known = [one.name_of(document) for one, document in everything]
    for one, document in everything:
        mine = one.name_of(document)
        for path, name in _starters(document):
            _link(one, document, path, _Link(name, name, mine), starters)
        for path, name in _invoked(document):
            _link(one, document, path, _Link(name, mine, name), starters)
        for path, name in (*_starters(document), *_invoked(document)):
            if whole and name not in known:
                meant = closest(name, tuple(known))
                remedy = f"Did you mean {quoted(meant)}?" if meant else "Name a pipeline of this repository."
                one.tell(document, Finding(path, f"There is no pipeline {quoted(name)} in this commit.", remedy))


@dataclass(frozen=True, slots=True)
class _Link:
    """`first` starts `then`; `named` is the one of them that the document names."""

    named: str
    first: str
    then: str


def _link(one: File, document: Document, path: Path, link: _Link, starters: Mapping[str, Sequence[str]]) -> None:
    if link.first == link.then:
        reason = "The pipeline would start itself, over and over."
        one.tell(document, Finding(path, reason, "Name another pipeline."))
    elif circle := _way(link.first, link.then, starters):
        reason = f"The pipelines would start each other, over and over: {' → '.join([link.then, *circle])}."
        one.tell(document, Finding(path, reason, "Remove one of these triggers or invocations."))


def _invoked(document: Document) -> Iterator[tuple[Path, str]]:
    """The pipelines that its actions start."""
    if isinstance(document.root, Map):
        for action in outline(document.root).actions:
            body = action.body.get("invoke")
            name = text_at(body, "pipeline") if isinstance(body, Map) else None
            if name is not None:
                yield (*action.path, "invoke", "pipeline"), name


def _starters(document: Document) -> Iterator[tuple[Path, str]]:
    if isinstance(document.root, Map):
        value = mapping_at(document.root, "triggers").get("pipelines")
        yield from listed(value, ("triggers", "pipelines"))


def _way(begin: str, end: str, known: Mapping[str, Sequence[str]]) -> list[str]:
    """The shortest way along what starts what, both ends included; empty when there is none."""
    ways = [[begin]]
    seen = {begin}
    for way in ways:
        if way[-1] == end:
            return way
        following = [name for name in known.get(way[-1], ()) if name not in seen]
        seen.update(following)
        ways += [[*way, name] for name in following]
    return []


def _seals(everything: Sequence[Placed], unsealed: Unsealed) -> None:
    for one, document in everything:
        secrets = mapping_at(document.root, "secrets") if isinstance(document.root, Map) else {}
        for name, secret in secrets.items():
            sealed = text_at(secret, "sealed") if isinstance(secret, Map) else None
            reason = unsealed(str(name), sealed) if sealed else ""
            if reason:
                remedy = f"Seal it anew with {quoted(f'penstock seal {name}')}, for this repository and this name."
                one.tell(document, Finding(("secrets", name, "sealed"), f"The secret does not open: {reason}.", remedy))
