"""A repository's own buildspec, with real jobs: its phases, its failures, what it exports and hands on (features 85 to 92)."""

import pytest

from bot.logs.files import LogFiles
from tests.world.repo import Push
from tests.world.world import MakeWorld, World

pytestmark = pytest.mark.engine

WEB = """\
stages:
  - name: build
    actions:
      - name: package
        build: buildspec.yml
        namespace: pkg
        outputs: dist
        env: {GREETING: from the action, LANGUAGE: en}
  - name: deploy
    actions:
      - {name: roll-out, inputs: [dist], run: 'test "$(cat page)" = "#{pkg.VERSION} from the action" && test ! -e notes'}
"""

SPEC = """\
version: 0.2
env:
  variables: {GREETING: from the buildspec, OWN: $HOME}
  exported-variables: [VERSION]
phases:
  install: {commands: [mkdir dist, cd dist, export VERSION=1]}
  build:
    commands:
      - test "$OWN" = '$HOME'
      - echo "$VERSION $GREETING" > page; touch notes
      - test "$CODEBUILD_RESOLVED_SOURCE_VERSION" = "$PENSTOCK_COMMIT"
      - test "$CODEBUILD_WEBHOOK_TRIGGER" = branch/main
      - test "${CODEBUILD_BUILD_ID%:$CODEBUILD_LOG_PATH}" = "$PENSTOCK_PIPELINE-$PENSTOCK_ACTION"
artifacts: {base-directory: $CODEBUILD_SRC_DIR/dist, files: "**/*", exclude-paths: notes}
"""


async def log_of(world: World, push: Push) -> str:
    return await LogFiles(world.folder / "logs").tail((await push.execution()).stages[0].actions[0].log, 1000)


async def summaries(push: Push) -> list[str]:
    return [action.summary for stage in (await push.execution()).stages for action in stage.actions]


async def test_features_85_89_91_a_buildspec_runs_unchanged_and_hands_on_what_it_makes(make_world: MakeWorld) -> None:
    """FIL-1, ENV-2, PHS-2, PIP-2, PIP-3, PIP-4, PIP-5: one shell, the action's variables first, exported ones in its namespace."""
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(WEB)).push(files={"buildspec.yml": SPEC})
        assert await push.status() == "Succeeded", await summaries(push)
        [package] = (await push.execution()).stages[0].actions
        assert package.outputs == {"VERSION": "1"}
        assert package.artifacts["dist"].files == 1


ONE = "stages: [{name: build, actions: [{name: package, build: buildspec.yml, outputs: dist}]}]\n"


async def test_features_86_87_a_failing_phase_is_told_and_post_build_runs_all_the_same(make_world: MakeWorld) -> None:
    """AFT-2, PHS-10, BLD-5: what a failed build has made is kept, and it is red nevertheless."""
    spec = """\
version: 0.2
phases:
  build: {commands: [echo one > page, "false", echo never]}
  post_build: {commands: ['echo "succeeding $CODEBUILD_BUILD_SUCCEEDING"']}
artifacts: {files: page}
"""
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(ONE)).push(files={"buildspec.yml": spec})
        assert await push.status() == "Failed"
        assert await summaries(push) == ["BUILD: Error while executing command: false. Reason: exit status 1"]
        execution = await push.execution()
        assert "dist" in execution.stages[0].actions[0].artifacts
        log = await log_of(world, push)
        assert "succeeding 0" in log
        assert "never" not in log.replace("echo never", "")


TESTED = "stages: [{name: check, actions: [{name: unit, test: buildspec.yml}]}]\n"


def with_tests(failing: str, lines: int) -> dict[str, str]:
    """A commit whose tests fail as named, with so many of 100 lines covered."""
    cases = "".join(
        f'<testcase classname="app" name="{name}">{"<failure message=&quot;no&quot;/>" if name in failing.split() else ""}</testcase>'
        for name in ("one", "two", "three")
    ).replace("&quot;", '"')
    covered = "\n".join(f"DA:{n},{1 if n < lines else 0}" for n in range(100))
    return {
        "junit.xml": f"<testsuite>{cases}</testsuite>",
        "lcov.info": f"SF:app.js\n{covered}\nend_of_record\n",
        "buildspec.yml": f"""\
version: 0.2
phases: {{build: {{commands: [test -z "{failing}"]}}}}
reports: {{unit: {{files: junit.xml}}, coverage: {{files: lcov.info, file-format: LCOV}}, none: {{files: "*.trx", file-format: VISUALSTUDIOTRX}}}}
""",
    }


async def test_feature_94_rep_8_rep_9_reports_are_told_in_the_comment_and_on_the_page(make_world: MakeWorld) -> None:
    """AFT-1: of a build that fails, too. New is what the target branch does not have."""
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(TESTED + "triggers: {push: {branches: [main]}, pull_request: {}}\n")
        await repo.push(files=with_tests("one", 80))
        pull_request = await repo.open_pull_request(files=with_tests("one two", 82))

        assert await pull_request.status() == "Failed"
        [comment] = await pull_request.by_bot()
        words = "1 passed, 2 failed (1 new), coverage 82.0 % (+2.0), 1 problem with reports"
        assert f"check/unit: {words}. New: `app > two`" in comment
        execution = await pull_request.head.execution()
        page = await world.page(f"/executions/{execution.id}")
        assert words in page.replace("&#43;", "+")
        assert '<code>app &gt; two</code> <span class="tag">new</span>' in page
        assert "no file matches *.trx" in page
