"""What of a build becomes its outputs: files that the pipeline file chooses, or what the buildspec's artifacts say (PIP-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.building.collect import collect
from bot.actions.building.reach import TEMPORARY, NothingCollected, Reach
from bot.model.buildspec import ArtifactFiles, Buildspec, ReportFiles
from bot.model.pipeline import Action
from bot.ports import ArtifactError

PRIMARY = "@primary"
"""Names the buildspec's `artifacts`, beside the names of its secondary ones. No file can name it so."""

Roots = Mapping[str, tuple[Path, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a build: files that `patterns` choose; without any, what the buildspec has under `source`.

    `only`: where that is no secondary artifact, it may be the primary.
    """

    name: str
    source: str
    patterns: tuple[str, ...] = ()
    only: bool = False


def outputs_of(action: Action) -> tuple[Output, ...]:
    """PIP-2, of an action that is one build: each output has a secondary artifact of its name; a single one may be the primary."""
    only = len(action.outputs) == 1
    return tuple(Output(name, name, patterns, only) for name, patterns in action.outputs.items())


def texts_of(spec: Buildspec, outputs: Sequence[Output]) -> tuple[str, ...]:
    """The texts of the buildspec that its own shell evaluates at the end, where they have anything to evaluate (ARF-6)."""
    chosen = [files for output in outputs if (files := _files(spec, output)) is not None]
    found = [text for files in chosen for text in (files.base, *files.files, *files.exclude)]
    found += [text for report in spec.reports for text in (report.group, report.base, *report.files)]
    return tuple(dict.fromkeys(text for text in found if "$" in text or "`" in text))


def evaluated_reports(
    spec: Buildspec, outputs: Sequence[Output], source: Path, values: Sequence[str]
) -> tuple[ReportFiles, ...]:
    """The report groups with what became of `texts_of` (REP-1)."""
    known = dict(zip(texts_of(spec, outputs), values, strict=False))
    return tuple(
        replace(
            report,
            group=known.get(report.group, report.group).strip() or report.group,
            base=_relative(known.get(report.base, report.base), source),
            files=tuple(known.get(each, each) for each in report.files),
        )
        for report in spec.reports
    )


def make_artifacts(
    spec: Buildspec, outputs: Sequence[Output], folder: Path, reach: Reach, values: Sequence[str]
) -> tuple[Roots, list[str]]:
    """Where the files of each output are, and warnings. `values` are what became of `texts_of`. Raises ArtifactError."""
    known = dict(zip(texts_of(spec, outputs), values, strict=False))
    roots: dict[str, tuple[Path, Sequence[str]]] = {}
    warnings: list[str] = []
    for output in outputs:
        if output.patterns:
            roots[output.name] = reach.source, output.patterns
            continue
        files = _files(spec, output)
        if files is None:
            raise ArtifactError(_undefined(output))
        into = folder / "artifacts" / output.name
        try:
            collected = collect(_evaluated(files, known, reach.source), reach, into)
        except NothingCollected as error:
            raise ArtifactError(f"{_called(output)} can't be made: {error}") from error
        roots[output.name] = into, ("**",)
        warnings += collected.warnings
    return roots, warnings


def _evaluated(files: ArtifactFiles, known: Mapping[str, str], source: Path) -> ArtifactFiles:
    """CodeBuild takes variables in patterns, too: `$CODEBUILD_SRC_DIR/target/**`."""
    return replace(
        files,
        base=_relative(known.get(files.base, files.base), source),
        files=tuple(known.get(each, each) for each in files.files),
        exclude=tuple(known.get(each, each) for each in files.exclude),
    )


def reach_of(spec: Buildspec, sources: Sequence[Path]) -> Reach:
    """From where a build's files are taken; `sources` are its inputs. What other users may read (PHS-6) may be another matter than
    what the bot may, who brings the files together: then it is the inputs alone.
    """
    source, *inputs = sources
    others = any(phase.run_as for phase in spec.phases)
    return Reach(source, (*inputs, *(() if others else TEMPORARY)))


def _files(spec: Buildspec, output: Output) -> ArtifactFiles | None:
    """None where patterns choose, or where the buildspec has no such artifact."""
    if output.patterns:
        return None
    if output.source == PRIMARY:
        return spec.artifacts
    return spec.secondary.get(output.source) or (spec.artifacts if output.only else None)


def _called(output: Output) -> str:
    return "the artifact" if output.name == PRIMARY else f"the artifact {output.name}"


def _undefined(output: Output) -> str:
    """ARF-11."""
    primary = output.only or output.source == PRIMARY
    where = "it has no `files` under `artifacts`" if primary else f"`secondary-artifacts` has no {output.source}"
    return f"the buildspec does not say what {_called(output)} is: {where}"


def _relative(base: str, source: Path) -> str:
    """A folder that was named in full, such as `$CODEBUILD_SRC_DIR/dist`."""
    path = Path(base)
    return str(path.relative_to(source)) if path.is_absolute() and path.is_relative_to(source) else base
