"""YAML 1.1's merge keys (`<<`), done where another's format has them; the pipeline file has none."""

from bot.definition.document import List, Map


def merged(value: Map) -> Map:
    """The mapping, and all below it, with what they inherit; what is written in one itself counts more."""
    result = Map(value.mark)
    for key, child in value.items():
        if key != "<<":
            result[key], result.marks[key] = _merged_in(child), value.marks[key]
    sources = value.get("<<")
    for source in sources if isinstance(sources, List) else [sources]:
        if isinstance(source, Map):
            inherited = merged(source)
            for key in inherited.keys() - result.keys():
                result[key], result.marks[key] = inherited[key], inherited.marks[key]
    return result


def _merged_in(value: object) -> object:
    if isinstance(value, List):
        copy = List(value.mark)
        copy.extend(_merged_in(child) for child in value)
        copy.marks = value.marks
        return copy
    return merged(value) if isinstance(value, Map) else value
