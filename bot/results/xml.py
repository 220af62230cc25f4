"""XML from a build: parsed by a parser that refuses entities and fetches nothing, and looked at by names without their namespaces."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError  # the type alone: parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring


class Unreadable(Exception):
    """The file is not what its format says; the text is for whoever wrote the buildspec."""


def parse(data: bytes) -> Element:
    """The root. Raises Unreadable."""
    try:
        root: Element = fromstring(data)
    except DefusedXmlException:
        raise Unreadable("it defines entities, which is refused") from None
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"it is no XML: {error}") from None
    return root


_FORMATS = {
    "testsuites": "JUNITXML",
    "testsuite": "JUNITXML",
    "test-run": "NUNIT3XML",
    "test-suite": "NUNIT3XML",
    "test-results": "NUNITXML",
    "testng-results": "TESTNGXML",
    "TestRun": "VISUALSTUDIOTRX",
    "report": "JACOCOXML",
}


def report(data: bytes, format_: str, what: str) -> Element:
    """The root of a report of that `file-format`, in words `what`. Raises Unreadable, with the format that it has where that is plain."""
    root = parse(data)
    found = _format(root)
    if found != format_:
        remedy = f". Write `file-format: {found}`" if found else ""
        raise Unreadable(f"it is no {what} report: its root is <{name(root)}>{remedy}")
    return root


def _format(root: Element) -> str:
    """Of a file with such a root; "" where none is known. Clover's and Cobertura's differ only below it."""
    if name(root) == "coverage":
        return "COBERTURAXML" if child(root, "project") is None else "CLOVERXML"
    return _FORMATS.get(name(root), "")


def name(element: Element) -> str:
    """Without its namespace."""
    return str(element.tag).rpartition("}")[2]  # a comment has a function there


def below(element: Element, *names: str) -> Iterator[Element]:
    """Everything of these names, at any depth, itself included."""
    return (found for found in element.iter() if name(found) in names)


def child(element: Element, *names: str) -> Element | None:
    return next((found for found in element if name(found) in names), None)


def children(element: Element, *names: str) -> Iterator[Element]:
    return (found for found in element if name(found) in names)


def text_of(element: Element | None) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def number(text: str | None) -> float | None:
    """Seconds and the like; with thousands' commas, as some write them."""
    try:
        value = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None  # noqa: PLR2004  beyond is nonsense, infinity among it


def count(text: str | None) -> int:
    return int(number(text) or 0)
