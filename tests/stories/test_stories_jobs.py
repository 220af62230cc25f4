"""Stories whose jobs are real processes: what they are given, and that nothing of a stranger's becomes their script."""

from pathlib import Path

import pytest

from bot.actions.environment import DOCUMENTED
from tests.world.world import MakeWorld

pytestmark = pytest.mark.engine

BRANCH = "$(touch${IFS}pwned)"


async def test_a_branch_named_like_a_command_is_only_a_name(make_world: MakeWorld, tmp_path: Path) -> None:
    """TRG-12. Nor is a message, whatever quotes it holds. References are environment variables, never part of a script."""
    file = (
        "triggers: {push: {branches: ['**']}}\n"
        "stages:\n"
        "  - name: build\n"
        "    actions:\n"
        "      - name: show\n"
        "        run:\n"
        '          - printf \'BRANCH=%s\\n\' "#{source.BranchName}" >> "$PENSTOCK_OUTPUT"\n'
        '          - printf \'MESSAGE=%s\\n\' "#{source.CommitMessage}" >> "$PENSTOCK_OUTPUT"\n'
    )
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(file)
        push = await repo.push("\"; touch pwned; `touch pwned` $(touch pwned) '", branch=BRANCH)
        execution = await push.execution()

        assert str(execution.status) == "Succeeded", await push.described()
        assert execution.stages[0].actions[0].outputs == {
            "BRANCH": BRANCH,
            "MESSAGE": "\"; touch pwned; `touch pwned` $(touch pwned) '",
        }
        assert list(tmp_path.rglob("pwned")) == []


async def test_a_job_finds_its_environment_as_documented_and_nothing_else(make_world: MakeWorld) -> None:
    names = "env | cut -d= -f1 | sort | tr '\\n' ' '"
    file = (
        "stages:\n  - name: build\n    actions:\n      - name: show\n        run: |\n"
        f'          echo "NAMES=$({names})" >> "$PENSTOCK_OUTPUT"\n'
        '          echo "SHOWN=$CI $PENSTOCK_REPOSITORY $PENSTOCK_REF $PENSTOCK_STAGE/$PENSTOCK_ACTION" >> "$PENSTOCK_OUTPUT"\n'
        '          test "$(git rev-parse HEAD)" = "$PENSTOCK_COMMIT"\n'
        '          test "$PWD" = "$PENSTOCK_WORKSPACE" && test -z "$(ls -A "$HOME")"\n'
    )
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(file)
        pull_request = await repo.open_pull_request()
        execution = await pull_request.head.execution()

        assert str(execution.status) == "Succeeded", await pull_request.head.described()
        outputs = execution.stages[0].actions[0].outputs
        assert set(outputs["NAMES"].split()) - {"PWD", "OLDPWD", "SHLVL", "_"} <= set(DOCUMENTED)
        assert outputs["SHOWN"] == f"true {repo.repository.full_name} refs/pull/1/head build/show"


async def test_the_end_of_a_real_log_is_in_the_comment(make_world: MakeWorld) -> None:
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(
            "stages: [{name: build, actions: [{name: unit, run: 'echo looking; echo it broke >&2; exit 3'}]}]\n"
        )
        pull_request = await repo.open_pull_request()

        [comment] = await pull_request.by_bot()
        assert "unit: failed after 0 s: exit status 3" in comment
        assert "looking\nit broke\n" in comment


async def test_the_page_shows_what_the_host_was_told(make_world: MakeWorld) -> None:
    async with make_world(real_jobs=True, sql=True) as world:
        repo = await world.repo("stages: [{name: build, actions: [{name: unit, run: 'echo ${CI}: fine'}]}]\n")
        push = await repo.push("Fix <the> typo")
        execution = await push.execution()
        page = await world.page(f"/executions/{execution.id}/logs/build/unit/1")

        assert "true: fine" in page
        assert "Fix &lt;the&gt; typo" in await world.page(f"/executions/{execution.id}")
