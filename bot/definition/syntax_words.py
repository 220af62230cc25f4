"""The YAML parser's complaints in our own sentences. Only those: what the parser can't know is told elsewhere."""

from yaml import YAMLError

from bot.definition.document import Mark, quoted

_TAB_REMEDY = "Use spaces: YAML does not allow tabs for indentation."

_SENTENCES = {
    "mapping values are not allowed": (
        "A `:` stands where no key can be.",
        "Put quotes around a text that contains `: `, and check the indentation.",
    ),
    "block sequence entries are not allowed": (
        "A `- ` stands where no list can begin.",
        "Begin the list on a new line below its key.",
    ),
    "did not find expected key": (
        "This line does not fit the mapping it stands in.",
        "Check its indentation and that the key ends in `: `.",
    ),
    "could not find expected ':'": ("This line is no `key: value`.", "Put `: ` behind the key."),
    "did not find expected '-' indicator": (
        "This line does not fit the list it stands in.",
        "Begin each item with `- `, or move the key out of the list.",
    ),
    "did not find expected ',' or ']'": ("A list that begins with `[` is not closed.", "Add the missing `]` or `,`."),
    "did not find expected ',' or '}'": (
        "A mapping that begins with `{` is not closed.",
        "Add the missing `}` or `,`.",
    ),
    "found unexpected end of stream": ("A quoted text is not closed.", "Add the missing quote."),
    "found unknown escape character": (
        "A double-quoted text holds a `\\` that YAML does not know.",
        "Use single quotes, or write `\\\\` for one backslash.",
    ),
    "found undefined tag handle": ("A tag is not allowed here.", "Put quotes around a text that begins with `!`."),
    "did not find expected tag URI": ("A tag is not allowed here.", "Put quotes around a text that begins with `!`."),
    "did not find expected <document start>": (
        "Something follows the end of the document.",
        "Indent it, or begin a new document with a line `---`.",
    ),
    "found incompatible YAML document": (
        "The file asks for a version of YAML other than 1.",
        "Remove the `%YAML` line.",
    ),
    "found a tab character": ("A tab is used for indentation.", _TAB_REMEDY),
}


def explain(error: YAMLError, text: str) -> tuple[Mark, str, str]:
    """Where the text stops being YAML, why, and what would be right."""
    position = getattr(error, "position", None)
    if position is not None:  # The parser counts characters that it can't read in bytes, and has no mark for them.
        before = text.encode()[:position].decode("utf-8", "ignore")
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        return mark, "The file holds a character that YAML does not allow.", "Remove the control character."
    problem = str(getattr(error, "problem", "") or "")
    place = getattr(error, "problem_mark", None)
    mark = Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
    if "cannot start any token" in problem:
        return mark, *_bad_start(text, mark)
    for words, (reason, remedy) in _SENTENCES.items():
        if words in problem:
            return _opening(error, words, mark), reason, remedy
    return mark, f"This is not valid YAML: {problem or 'it cannot be read'}.", "Check the indentation and the quotes."


def _opening(error: YAMLError, words: str, mark: Mark) -> Mark:
    """Something left open is shown where it begins: the end of the file would tell nobody which."""
    context = getattr(error, "context_mark", None)
    left_open = words == "found unexpected end of stream" or words.startswith("did not find expected ','")
    return Mark(context.line + 1, context.column + 1) if left_open and context else mark


def _bad_start(text: str, mark: Mark) -> tuple[str, str]:
    lines = text.split("\n", mark.line)
    char = lines[mark.line - 1][mark.column - 1 : mark.column] if mark.line <= len(lines) else ""
    if char == "\t":
        return "A tab is used for indentation.", _TAB_REMEDY
    return f"A value cannot begin with {quoted(char)} unless it is quoted.", "Put quotes around the value."
