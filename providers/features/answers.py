"""What a host has of a feature: yes, yes in its own way, or no with the reason. The table of them is in `table`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`words` say how, or why not; `page` is where the host's documentation says so ("" for the embedded host)."""

    has: bool
    words: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Feature:
    """`name` is how stories ask for it, `title` how people read of it. `answers` are by the hosts' names."""

    name: str
    title: str
    answers: Mapping[str, Answer]


def yes(words: str = "", page: str = "") -> Answer:
    return Answer(has=True, words=words, page=page)


def no(words: str, page: str = "") -> Answer:
    return Answer(has=False, words=words, page=page)


def feature(
    name: str, title: str, *, github: Answer, gitlab: Answer, cloud: Answer, data_center: Answer, local: Answer
) -> Feature:
    answers = {"github": github, "gitlab": gitlab, "bitbucket": cloud, "bitbucket-dc": data_center, "local": local}
    return Feature(name, title, answers)
