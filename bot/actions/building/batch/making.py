"""Which of the action's outputs each build of a batch makes, and how all that they make becomes one (BAT-8, BLD-3)."""

import asyncio
import filecmp
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bot.actions.building.artifacts import PRIMARY, Output, Roots
from bot.actions.building.collect import link
from bot.actions.building.reach import chosen
from bot.model.buildspec import Buildspec
from bot.ports import ArtifactError


def owners(outputs: Iterable[str], identifiers: Sequence[str]) -> Mapping[str, str]:
    """By output the build that makes it: `linux` is the build's artifact, `linux_docs` its secondary one named docs.

    Raises ArtifactError for an output that no build has.
    """
    found, strange = {}, []
    for output in outputs:
        named = [name for name in identifiers if output == name or output.startswith(f"{name}_")]
        if named:
            found[output] = max(named, key=len)  # `a_b` may be a build of its own beside `a`
        else:
            strange.append(output)
    if strange:
        those = ", ".join(identifiers[:3]) + (", …" if len(identifiers) > 3 else "")  # noqa: PLR2004  enough to show how
        remedy = (
            f"Outputs of a batch are named like its builds ({those}), or `combine_artifacts: true` makes one of all."
        )
        raise ArtifactError(f"no build of the batch makes the artifact {', '.join(strange)}. {remedy}")
    return found


def own_outputs(
    outputs: Mapping[str, tuple[str, ...]], found: Mapping[str, str], identifier: str
) -> tuple[Output, ...]:
    """Those of one build. `found` is what `owners` says."""
    return tuple(
        Output(name, name.removeprefix(f"{identifier}_") if name != identifier else PRIMARY, patterns)
        for name, patterns in outputs.items()
        if found[name] == identifier
    )


def all_outputs(spec: Buildspec, patterns: tuple[str, ...]) -> tuple[Output, ...]:
    """Everything that a build makes, to be combined: what the action's own patterns choose, or all that its buildspec says."""
    if patterns:
        return (Output(PRIMARY, PRIMARY, patterns),)
    primary = [Output(PRIMARY, PRIMARY)] if spec.artifacts is not None else []
    return (*primary, *(Output(name, name) for name in spec.secondary))


async def set_aside(roots: Roots, place: Path) -> None:
    """What one build has made, together in a folder that is made anew here. Raises ArtifactError."""
    await asyncio.to_thread(_set_aside, roots, place)


async def combine(sets: Mapping[str, Path], into: Path) -> None:
    """The builds' sets over what is in `into` already. Raises ArtifactError for a file that two of them make, and not alike."""
    await asyncio.to_thread(_combine, sets, into)


def _set_aside(roots: Roots, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)  # of a life that was killed over it
    place.mkdir(parents=True)
    for root, patterns in roots.values():
        _bring(root, chosen(root, patterns), place)


def _combine(sets: Mapping[str, Path], into: Path) -> None:
    for identifier, place in sets.items():
        try:
            _bring(place, chosen(place, ("**",)), into)
        except ArtifactError as error:
            remedy = "Name it apart, by $CODEBUILD_BATCH_BUILD_IDENTIFIER for one."
            raise ArtifactError(f"{error}: {identifier} makes another than a build before it. {remedy}") from None


def _bring(root: Path, paths: Iterable[str], into: Path) -> None:
    try:
        for path in paths:
            to = into / path
            if os.path.lexists(to):
                if not _alike(root / path, to):
                    raise ArtifactError(f"{path} is there twice")
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            link(root / path, to)
    except OSError as error:
        raise ArtifactError(f"the files can't be brought together: {error.strerror}") from error


def _alike(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
