"""`penstock init`: a first pipeline file, made of what is in the folder. It is the person's from then on."""

from pathlib import Path

import click

NAME = ".pipeline.yml"

_KNOWN = (
    ("buildspec.yml", "build: buildspec.yml"),
    ("Makefile", "run: make"),
    ("package.json", "run: [npm ci, npm test]"),
    ("pyproject.toml", "run: [python3 -m venv .venv, .venv/bin/pip install . pytest, .venv/bin/pytest]"),
    ("Cargo.toml", "run: cargo test"),
    ("go.mod", "run: go test ./..."),
    ("pom.xml", "run: mvn --batch-mode verify"),
    ("build.gradle", "run: ./gradlew build"),
)
"""What a file says of how its folder is built, the surest first."""

_FILE = """\
# What this repository's pipeline does. `penstock validate` checks it, `penstock run` runs it here.
stages:
  - name: build
    actions:
      - name: build
        {work}

  # Another stage begins when this one has succeeded:
  #
  # - name: production
  #   actions:
  #     - {{name: go-live, approve: {{message: Release?}}}}
  #     - {{name: roll-out, run_order: 2, run: ./deploy.sh}}
"""


@click.command()
@click.option(
    "-C",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The folder that gets it.",
)
def init(directory: Path) -> None:
    """Write a first .pipeline.yml for what is in this folder: its buildspec, Makefile, package.json and the like."""
    file = directory / NAME
    if any((directory / other).exists() for other in (NAME, ".pipelines")):
        raise click.UsageError(f"There is a pipeline here already, in {directory.resolve()}: it is left as it is.")
    work = next((work for name, work in _KNOWN if (directory / name).is_file()), "run: echo Say here how to build")
    file.write_text(_FILE.format(work=work))
    click.echo(f"{file}: the stage `build` has `{work}`. Run it with `penstock run`.")
