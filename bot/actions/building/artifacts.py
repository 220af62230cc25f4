"""What of a build becomes the action's outputs: files that the pipeline file chooses, or what the buildspec's artifacts say (PIP-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.actions.building.collect import NothingCollected, collect
from bot.model.buildspec import ArtifactFiles, Buildspec, ReportFiles
from bot.ports import ActionContext, ArtifactError

PRIMARY = "@primary"
"""The output that is the buildspec's `artifacts` whatever others there are: of a build without a pipeline. No file can name it so."""

Roots = Mapping[str, tuple[Path, Sequence[str]]]


def texts_of(spec: Buildspec, context: ActionContext) -> tuple[str, ...]:
    """The texts of the buildspec that its own shell evaluates at the end, where they have anything to evaluate (ARF-6)."""
    found = [each.base for each in _wanted(spec, context).values()]
    found += [text for report in spec.reports for text in (report.group, report.base)]
    return tuple(dict.fromkeys(text for text in found if "$" in text or "`" in text))


def evaluated_reports(
    spec: Buildspec, context: ActionContext, source: Path, values: Sequence[str]
) -> tuple[ReportFiles, ...]:
    """The report groups with what became of `texts_of` (REP-1)."""
    known = dict(zip(texts_of(spec, context), values, strict=False))
    return tuple(
        replace(
            report,
            group=known.get(report.group, report.group).strip() or report.group,
            base=_relative(known.get(report.base, report.base), source),
        )
        for report in spec.reports
    )


def make_artifacts(
    spec: Buildspec, context: ActionContext, folder: Path, source: Path, values: Sequence[str]
) -> tuple[Roots, list[str]]:
    """Where the files of each output are, and warnings. `values` are what became of `texts_of`. Raises ArtifactError."""
    evaluated = dict(zip(texts_of(spec, context), values, strict=False))
    wanted = _wanted(spec, context)
    roots: dict[str, tuple[Path, Sequence[str]]] = {}
    warnings: list[str] = []
    for name, patterns in context.action.outputs.items():
        if patterns:
            roots[name] = source, patterns
            continue
        if name not in wanted:
            raise ArtifactError(_undefined(name, context))
        files = wanted[name]
        into = folder / "artifacts" / name
        try:
            collected = collect(
                replace(files, base=_relative(evaluated.get(files.base, files.base), source)), source, into
            )
        except NothingCollected as error:
            raise ArtifactError(f"the artifact {name} can't be made: {error}") from error
        roots[name] = into, ("**",)
        warnings += collected.warnings
    return roots, warnings


def _wanted(spec: Buildspec, context: ActionContext) -> Mapping[str, ArtifactFiles]:
    """PIP-2: of several outputs each has a secondary artifact of its name; a single one may be the primary."""
    names = [name for name, patterns in context.action.outputs.items() if not patterns]
    found = {name: spec.secondary[name] for name in names if name in spec.secondary}
    if PRIMARY in names and spec.artifacts is not None:
        found[PRIMARY] = spec.artifacts
    if len(context.action.outputs) == 1 and names and not found and spec.artifacts is not None:
        found[names[0]] = spec.artifacts
    return found


def _undefined(name: str, context: ActionContext) -> str:
    """ARF-11."""
    several = len(context.action.outputs) > 1
    where = f"`secondary-artifacts` has no {name}" if several else "it has no `artifacts`"
    return f"the buildspec does not say what the artifact {name} is: {where}"


def _relative(base: str, source: Path) -> str:
    """A folder that was named in full, such as `$CODEBUILD_SRC_DIR/dist`."""
    path = Path(base)
    return str(path.relative_to(source)) if path.is_absolute() and path.is_relative_to(source) else base
