"""`python -m tests.replays.mutated --count COUNT [--host HOST]`: that many mutated deliveries to each host's edge; the suite sends a few. Exit status 1: one raised.

What went wrong is printed with its seed, which makes the same delivery again.
"""

import argparse
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from bot.model.host_event import (
    CommentCreated,
    HostEvent,
    Ignored,
    MergeGroupChanged,
    Pinged,
    PullRequestChanged,
    PullRequestEdited,
    Pushed,
    RepositoriesChanged,
    ThreadKind,
    WebhookCalled,
)
from bot.model.repository import Ref, RefKind, Repository
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from tests.replays.edges import HostEdge, edges
from tests.replays.mutation import STRANGE, mutated

HEX = frozenset("0123456789abcdef")
LONGEST_NAME = 2048
LONGEST_HEADER = 8190
"""aiohttp lets nothing longer in."""


def read_anyhow(edge: HostEdge, chance: Random) -> Sequence[HostEvent]:
    """A mutated body, signed by the host itself: it is read, and what it is read as is sound."""
    recorded = chance.choice(edge.recorded)
    body = mutated(recorded.body, chance)
    headers = edge.headers(recorded.event, body)
    edge.provider.verify(headers, body)
    delivery = edge.provider.delivery(headers, body, 0.0)
    events = edge.provider.read(delivery)
    assert events == edge.provider.read(delivery), "the same delivery was read in two ways"
    for event in events:
        _check(event)
    return events


def strangely_headed(edge: HostEdge, chance: Random) -> str:
    """A recorded body under headers as no host sends them; what became of it. Only a refusal may come of it, or a reading."""
    recorded = chance.choice(edge.recorded)
    headers = dict(edge.headers(recorded.event, recorded.body))
    for _ in range(chance.choice((1, 1, 2, 4))):
        name = chance.choice(sorted(headers)) if headers else "X-Event-Key"
        kept = headers.pop(name, "")
        strange = _as_header(chance.choice([one for one in STRANGE if isinstance(one, str)]))
        changed = (None, strange, kept + strange, kept.swapcase(), kept[: len(kept) // 2], f" {kept}\t")
        value = chance.choice(changed)
        if value is not None:
            headers[chance.choice((name, name, name.lower(), name.upper()))] = value
    try:
        edge.provider.verify(headers, recorded.body)
        delivery = edge.provider.delivery(headers, recorded.body, 0.0)
    except (SignatureMissing, SignatureWrong, NotADelivery) as refused:
        return type(refused).__name__
    for event in edge.provider.read(delivery):
        _check(event)
    return "read"


def _as_header(text: str) -> str:
    """As a header of those bytes arrives: what is no UTF-8 in it as lone surrogates, and no line ends."""
    line = "".join(text.split("\0")).replace("\r", "").replace("\n", "")[:LONGEST_HEADER]
    return line.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


def forged(edge: HostEdge, chance: Random) -> tuple[Mapping[str, str], bytes]:
    """A delivery as somebody sends it who does not know the secret."""
    recorded = chance.choice(edge.recorded)
    headers = dict(edge.headers(recorded.event, recorded.body))
    signature = next(name for name in headers if "signature" in name.lower() or "token" in name.lower())
    kept = headers[signature]
    junk = [text for text in STRANGE if isinstance(text, str) and text.isprintable() and text.isascii()]
    ways: dict[str, Callable[[], object]] = {
        "none": lambda: headers.pop(signature),
        "other": lambda: headers.update({signature: chance.choice(junk)}),
        "cut": lambda: headers.update({signature: kept[: chance.randrange(len(kept))]}),
        "longer": lambda: headers.update({signature: kept + chance.choice("0aZ ,")}),
        "sha1": lambda: headers.update({signature: kept.replace("sha256", "sha1") + "x"}),
        "not ascii": lambda: headers.update({signature: kept[:-1] + "é"}),
    }
    ways[chance.choice(list(ways))]()
    return headers, recorded.body


def _check(event: HostEvent) -> None:
    match event:
        case Ignored():
            assert event.reason
        case Pinged() | WebhookCalled():
            pass
        case Pushed():
            _check_repository(event.repository)
            _check_ref(event.ref)
            assert event.before or event.after, "a push of nothing"
            for commit in (event.before, event.after):
                assert commit is None or _is_commit(commit), f"no commit: {commit!r}"
        case PullRequestChanged() | PullRequestEdited():
            _check_repository(event.repository)
            assert _is_commit(event.pull_request.head) or len(event.pull_request.head) < 40
            assert event.pull_request.number > 0
        case MergeGroupChanged():
            _check_repository(event.repository)
            _check_ref(Ref(RefKind.BRANCH, event.branch))
            _check_ref(Ref(RefKind.BRANCH, event.target_branch))
            assert _is_commit(event.head)
        case RepositoriesChanged():
            assert event.repositories
            for repository in event.repositories:
                _check_repository(repository)
        case CommentCreated():
            _check_repository(event.comment.repository)
            name = event.comment.thread.name
            on_commit = event.comment.thread.kind is ThreadKind.COMMIT
            assert _is_commit(name) if on_commit else name.isdecimal(), f"no thread: {name!r}"


def _check_repository(repository: Repository) -> None:
    name = repository.full_name
    assert repository.id, "a repository without an id"
    assert 0 < len(name) <= LONGEST_NAME
    assert ".." not in name.split("/"), f"a name that leads elsewhere: {name!r}"
    assert name.isprintable(), f"no name: {name!r}"


def _check_ref(ref: Ref) -> None:
    bad = [part for part in ("..", "\0", "\n", " ", "\ud800") if part in ref.name]
    assert ref.name
    assert not bad, f"a name that Git can't have: {ref.name!r}"


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and set(text) <= HEX


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.replays.mutated")
    arguments.add_argument("--count", type=int, default=100_000, help="deliveries to each host's edge")
    arguments.add_argument("--host", default="", help="that one alone")
    parsed = arguments.parse_args()
    count: int = parsed.count
    failed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for host, edge in edges(Path(folder)).items():
            if parsed.host not in ("", host):
                continue
            kinds: Counter[str] = Counter()
            for seed in range(count):
                try:
                    kinds.update(type(event).__name__ for event in read_anyhow(edge, Random(seed)))
                    _refused(edge, Random(seed))
                    kinds[f"headers: {strangely_headed(edge, Random(seed))}"] += 1
                except Exception as error:  # noqa: BLE001  that there is none is what is tested
                    failed[f"{host}: {type(error).__name__}: {error}"[:200]] += 1
                    if failed.total() <= 10:
                        sys.stdout.write(f"{host}, seed {seed}\n")
                        traceback.print_exc()
            sys.stdout.write(f"{host}: {count} signed, {count} forged: {dict(kinds)}\n")
    for what, times in failed.most_common():
        sys.stdout.write(f"{times} times {what}\n")
    sys.exit(1 if failed else 0)


def _refused(edge: HostEdge, chance: Random) -> None:
    headers, body = forged(edge, chance)
    try:
        edge.provider.verify(headers, body)
    except (SignatureMissing, SignatureWrong, NotADelivery):
        return
    raise AssertionError("a forged delivery was taken")


if __name__ == "__main__":
    main()
