"""A build as a user sees it: found buildspecs, retries, stored values, artifacts that are missing. On the embedded host, with real jobs."""

import asyncio
from dataclasses import replace

from bot.actions.job_folders import JobFolders
from bot.buildspec import read_buildspec
from bot.logs.files import LogFiles
from bot.model.execution import ActionStatus
from bot.ports import ActionContext
from bot.security.seal import seal
from tests.world.repo import Push
from tests.world.world import World

ONE = "stages: [{name: build, actions: [{name: package, build: buildspec.yml, outputs: dist}]}]\n"


async def log_of(world: World, push: Push) -> str:
    return await LogFiles(world.folder / "logs").tail((await push.execution()).stages[0].actions[0].log, 1000)


async def summaries(push: Push) -> list[str]:
    return [action.summary for stage in (await push.execution()).stages for action in stage.actions]


async def test_feature_86_onf_4_b5_a_retry_is_a_whole_new_build(world: World) -> None:
    """Three builds in fresh folders and one log; the last one counts."""
    spec = """\
version: 0.2
phases:
  build:
    on-failure: RETRY-2
    commands: [test ! -e mark, touch mark, 'echo "$CODEBUILD_BUILD_ID" >> "$HOME/../../../tries"', 'test $(wc -l < "$HOME/../../../tries") = 3']
artifacts: {files: mark}
"""
    push = await (await world.repo(ONE)).push(files={"buildspec.yml": spec})
    assert await push.status() == "Succeeded", await summaries(push)
    tries = (world.folder / "tries").read_text().split()
    assert len(set(tries)) == 3
    log = await log_of(world, push)
    assert log.count("Phase is DOWNLOAD_SOURCE") == 3
    assert "This build is done again, for the second time of 2 at most." in log


async def test_feature_92_arf_10_an_artifact_that_matches_nothing_fails_the_build(world: World) -> None:
    spec = "version: 0.2\nphases: {build: {commands: [echo]}}\nartifacts: {files: nope/*}\n"
    push = await (await world.repo(ONE)).push(files={"buildspec.yml": spec})
    assert await summaries(push) == [
        "UPLOAD_ARTIFACTS: the artifact dist can't be made: CLIENT_ERROR: no matching artifact paths found: nothing matches nope/*"
    ]


async def test_feature_88_stored_values_come_from_the_pipelines_secrets_and_are_masked(world: World) -> None:
    """ENV-2, ENV-4, ENV-5, ENV-6, ENV-10: and where there is no such secret, the build says how to make one."""
    spec = """\
version: 0.2
env:
  variables: {PLAIN: weaker}
  parameter-store: {TOKEN: /app/token}
  secrets-manager: {PASSWORD: "prod/db:password"}
phases: {build: {commands: ['echo "token $TOKEN, password $PASSWORD"', test "$TOKEN$PASSWORD$PLAIN" = open-sesamehunter-twostronger]}}
artifacts: {files: .pipeline.yml}
"""
    repo = await world.repo(ONE)
    bare = await repo.push(files={"buildspec.yml": spec})
    [summary] = await summaries(bare)
    assert (
        "TOKEN is to be /app/token, and the pipeline has no secret TOKEN. Seal its value with `penstock seal TOKEN`"
        in summary
    )
    assert "PASSWORD is to be prod/db" in summary

    key = world.secrets.public_key(repo.repository)
    sealed = {
        "TOKEN": seal(key, repo.repository, "TOKEN", "open-sesame"),
        "PASSWORD": seal(key, repo.repository, "PASSWORD", '{"password": "hunter-two"}'),
        "PLAIN": seal(key, repo.repository, "PLAIN", "stronger"),
    }
    secrets = ", ".join(f"{name}: {{sealed: '{value}'}}" for name, value in sealed.items())
    repo.define(f"secrets: {{{secrets}}}\n{ONE}")
    push = await repo.push()
    assert await push.status() == "Succeeded", await summaries(push)
    log = await log_of(world, push)
    assert "token ****, password ****" in log
    assert "hunter-two" not in log


async def test_fil_4_a_file_that_is_no_buildspec_is_told_whole(world: World) -> None:
    """The pipeline is sound, its buildspec is not: every problem with its line, in the summary and in the log."""
    repo = await world.repo(ONE)
    push = await repo.push()
    assert await summaries(push) == [
        "YAML_FILE_ERROR: there is no file buildspec.yml in the source. Commit one there, or name yours with `build:`."
    ]
    text = "version: 0.2\nphases: {biuld: {commands: [a]}}\ncache: {}\n"
    push = await repo.push(files={"buildspec.yml": text})
    assert await push.executions() == [], "nothing starts"
    [description] = (await push.described()).values()
    assert "phases.biuld: Unknown key `biuld`" in description
    for shown in ("biuld", "cache.paths"):
        assert any(shown in str(problem) for problem in read_buildspec(text.encode()).problems)

    made = """\
stages:
  - name: build
    actions:
      - {name: write, run: 'echo "version: 3" > buildspec.yml', outputs: {spec: [buildspec.yml]}}
      - {name: package, run_order: 2, inputs: [spec], build: buildspec.yml}
"""
    repo.define(made)
    [_, summary] = await summaries(await repo.push())
    assert "buildspec.yml:1:10: version: The version must be 0.1 or 0.2" in summary
    assert "buildspec.yml:1:1: phases: `phases` is missing." in summary


async def test_fil_2_pip_3_a_buildspec_in_place_with_references(world: World) -> None:
    """References in its commands become variables; numbers stay as they are written."""
    file = """\
variables: {WHO: "$(echo no)"}
stages:
  - name: build
    actions:
      - name: package
        namespace: pkg
        test:
          version: 0.2
          env: {variables: {NUMBER: 1.10, FOR: "#{variables.WHO}"}, exported-variables: [NUMBER, FOR, SAID]}
          phases: {build: {commands: ['export SAID="for #{variables.WHO}"']}}
"""
    push = await (await world.repo(file)).push()
    assert await push.status() == "Succeeded", await summaries(push)
    [action] = (await push.execution()).stages[0].actions
    assert action.outputs == {"NUMBER": "1.10", "FOR": "$(echo no)", "SAID": "for $(echo no)"}


async def test_bld_1_the_first_input_has_the_buildspec_and_variables_name_the_others(world: World) -> None:
    file = """\
stages:
  - name: build
    actions:
      - {name: write, run: mv made.yml buildspec.yml, outputs: {spec: [buildspec.yml], my-lib: [lib]}}
      - {name: package, run_order: 2, inputs: [spec, my-lib], build: buildspec.yml}
"""
    made = 'version: 0.2\nphases: {build: {commands: [test ! -e lib, test -e "$CODEBUILD_SRC_DIR_my_lib/lib"]}}\n'
    push = await (await world.repo(file)).push(files={"made.yml": made, "lib": ""})
    assert await push.status() == "Succeeded", await summaries(push)


async def test_arf_1_rep_2_variables_in_patterns_and_files_that_are_named_in_full(world: World) -> None:
    """As in the manual's samples for several inputs."""
    file = """\
stages:
  - name: build
    actions:
      - {name: make, run: 'mkdir lib; echo 1 > lib/a.jar', outputs: {lib: [lib/*]}}
      - {name: package, run_order: 2, inputs: [source, lib], build: buildspec.yml, outputs: [app, libs]}
      - {name: look, run_order: 3, inputs: [app, libs], run: 'test -e out/app-2.js && test -e "$PENSTOCK_INPUT_LIBS/a.jar"'}
"""
    spec = """\
version: 0.2
phases:
  build:
    commands:
      - export V=2 REPORTS=$CODEBUILD_SRC_DIR_lib/reports; mkdir $REPORTS
      - mkdir out; touch out/app-1.js out/app-2.js
      - echo '<testsuite><testcase name="a"/></testsuite>' > $REPORTS/junit.xml; ln -s junit.xml $REPORTS/link.xml
      - printf 'SF:%s/a.c\\nDA:1,1\\nend_of_record\\n' "$CODEBUILD_SRC_DIR" > $REPORTS/lcov.info
artifacts:
  secondary-artifacts:
    app: {files: ["$CODEBUILD_SRC_DIR/out/app-$V.js"]}
    libs: {files: ["*.jar"], base-directory: $CODEBUILD_SRC_DIR_lib/lib}
reports:
  unit: {files: ["*.xml"], base-directory: $REPORTS}
  cover: {files: $REPORTS/*.info, file-format: LCOV}
"""
    push = await (await world.repo(file)).push(files={"buildspec.yml": spec})
    assert await push.status() == "Succeeded", await summaries(push)
    execution = await push.execution()
    [record] = await world.store.results(execution.id)
    linked = "link.xml is a link: name the file that it leads to"
    assert [report.problems for report in record.results.reports] == [(linked,), ()]
    assert [each.path for report in record.results.reports for each in report.files] == ["a.c"]


async def test_arf_9_arf_11_pip_2_several_outputs_are_the_secondary_artifacts_of_their_names(world: World) -> None:
    """BLD-2."""
    file = ONE.replace("outputs: dist", "outputs: [dist, docs]")
    spec = """\
version: 0.2
phases: {build: {commands: [echo a > a, mkdir d, echo b > d/b]}}
artifacts: {files: a, secondary-artifacts: {dist: {files: a}, docs: {files: "**/*", base-directory: d}}}
"""
    push = await (await world.repo(file)).push(files={"buildspec.yml": spec})
    assert await push.status() == "Succeeded", await summaries(push)
    assert {name: made.files for name, made in (await push.execution()).stages[0].actions[0].artifacts.items()} == {
        "dist": 1,
        "docs": 1,
    }
    push = await (await world.repo(file, name="acme/other")).push(
        files={"buildspec.yml": spec.replace("docs: {", "other: {")}
    )
    assert await summaries(push) == [
        "UPLOAD_ARTIFACTS: the buildspec does not say what the artifact docs is: `secondary-artifacts` has no docs"
    ]


async def test_phs_9_env_9_arf_7_bat_1_what_means_nothing_here_is_said_in_the_log(world: World) -> None:
    spec = """\
version: 0.2
env: {git-credential-helper: yes}
batch: {build-list: [{identifier: a}]}
phases: {install: {runtime-versions: {python: 3.12}}, build: {commands: [echo > a]}}
artifacts: {files: a, s3-prefix: x}
"""
    push = await (await world.repo(ONE)).push(files={"buildspec.yml": spec})
    assert await push.status() == "Succeeded", await summaries(push)
    log = await log_of(world, push)
    for words in (
        "python 3.12 is passed over",
        "credential helper is passed over",
        "The batch is passed over",
        "s3-prefix",
    ):
        assert words in log


async def test_env_8_a_shell_of_windows_is_told(world: World) -> None:
    repo = await world.repo(ONE)
    spec = "version: 0.2\nenv: {shell: cmd.exe}\nphases: {build: {commands: [dir]}}\n"
    [summary] = await summaries(await repo.push(files={"buildspec.yml": spec}))
    assert "Windows' own" in summary


async def test_feature_97_aft_4_b7_blo_3_a_build_over_its_time_is_killed_and_finally_does_not_run(world: World) -> None:
    file = "stages: [{name: build, actions: [{name: package, build: buildspec.yml, timeout: 2s}]}]\n"
    spec = "version: 0.2\nphases: {build: {commands: [sleep 600], finally: [echo finally ran]}}\n"
    push = await (await world.repo(file)).push(files={"buildspec.yml": spec})
    assert await summaries(push) == ["still running after its timeout of 2 s"]
    assert "finally ran" not in (await log_of(world, push)).replace("Running command echo finally ran", "")


async def test_pip_6_a_stopped_build_is_killed_whichever_of_its_retries_runs(world: World) -> None:
    spec = """\
version: 0.2
phases: {build: {on-failure: RETRY, commands: ['test -e "$HOME/../../../once" || { touch "$HOME/../../../once"; exit 1; }', touch "$HOME/../../../second", sleep 600]}}
"""
    repo = await world.repo(ONE)
    pushing = asyncio.create_task(repo.push(files={"buildspec.yml": spec}))
    while not (world.folder / "second").exists():  # noqa: ASYNC110  another process makes it
        await asyncio.sleep(0.01)
    [execution] = await repo.executions()
    await world.bot.operator.obey("stop", execution.id, "abandon", "key")
    push = await pushing
    assert await push.status() == "Stopped"


async def test_feature_94_rep_1_rep_9_a_test_that_passes_when_it_is_done_again_is_flaky(world: World) -> None:
    """With the trend over the runs on the branch; a group's name may be a variable."""
    file = "stages: [{name: check, actions: [{name: unit, test: buildspec.yml}]}]\n"
    spec = """\
version: 0.2
env: {variables: {GROUP: unit-tests}}
phases:
  build:
    on-failure: RETRY-1
    commands:
      - test -e "$HOME/../../../once" || { touch "$HOME/../../../once"; mv bad.xml good.xml; exit 1; }
reports: {$GROUP: {files: good.xml}}
"""
    bad = '<testsuite><testcase name="shaky"><failure message="no"/></testcase><testcase name="calm" time="2"/></testsuite>'
    good = '<testsuite><testcase name="shaky"/><testcase name="calm" time="2"/></testsuite>'
    repo = await world.repo(file)
    push = await repo.push(files={"buildspec.yml": spec, "bad.xml": bad, "good.xml": good})
    execution = await push.execution()
    assert await push.status() == "Succeeded", await summaries(push)
    [record] = await world.store.results(execution.id)
    assert [report.group for report in record.results.reports] == ["unit-tests"]
    assert record.results.flaky == ("shaky",)
    assert "2 passed, 1 flaky" in await world.page(f"/executions/{execution.id}")

    later = await (await repo.push()).execution()
    page = await world.page(f"/executions/{later.id}")
    assert page.count("<rect") == 4, "two runs, of each what passed and what failed"
    assert f'<a href="/executions/{execution.id}"><title>#1: 2 passed, 1 flaky</title>' in page


async def test_env_6_no_secret_gets_out_through_a_report_a_variable_or_a_failure(world: World) -> None:
    """What the page and the comment show, beside the log."""
    file = "stages: [{name: check, actions: [{name: unit, test: buildspec.yml}, {name: loud, test: made/buildspec.yml}]}]\n"
    spec = """\
version: 0.2
env: {exported-variables: [SAID]}
phases: {build: {commands: ['echo "<testsuite><testcase name=\\"a\\"><failure>the token is $TOKEN</failure></testcase></testsuite>" > r.xml', 'export SAID="it is $TOKEN"']}}
reports: {unit: {files: r.xml}}
"""
    loud = "version: 0.2\nphases: {build: {commands: [test open-sesame = wrong]}}\n"
    repo = await world.repo(file)
    sealed = seal(world.secrets.public_key(repo.repository), repo.repository, "TOKEN", "open-sesame")
    repo.define(f"secrets: {{TOKEN: {{sealed: '{sealed}'}}}}\n{file}")
    push = await repo.push(files={"buildspec.yml": spec, "made/buildspec.yml": loud})
    execution = await push.execution()
    [record] = await world.store.results(execution.id)
    assert [case.message for case in record.results.bad] == ["the token is ****"]
    unit, failed = execution.stages[0].actions
    assert unit.outputs == {"SAID": "it is ****"}
    assert failed.summary == "BUILD: Error while executing command: test **** = wrong. Reason: exit status 1"


async def test_performed_again_after_a_crash_a_build_comes_to_the_same_end(world: World) -> None:
    """Whatever a life that was killed has left in the folder: its own half-written files, artifacts and caches."""
    spec = """\
version: 0.2
env: {exported-variables: [SAID]}
phases: {build: {commands: [mkdir -p d, echo a > d/a, ln -sf a d/b, export SAID=x, 'echo ran >> "$HOME/../../../ran"']}}
artifacts: {files: "**/*", base-directory: d, enable-symlinks: yes}
reports: {unit: {files: nothing.xml}}
cache: {key: "$CODEBUILD_BUILD_NUMBER", paths: [d]}
"""
    push = await (await world.repo(ONE)).push(files={"buildspec.yml": spec})
    found = await world.store.execution((await push.execution()).id)
    assert found is not None
    execution, pipeline = found
    stage = pipeline.stages[0]
    context = ActionContext(execution, pipeline, stage, stage.actions[0], 2)
    folder = JobFolders(world.folder / "builds").of(context.job)
    for name in ("build.new/commands", "artifacts/dist", "cache-restored", "cache-saved/source/d"):
        (folder / name).mkdir(parents=True)
    first = await world.build.perform(context)
    (folder / "build.new").mkdir()
    second = await world.build.perform(context)
    assert first.status is ActionStatus.SUCCEEDED, first.summary
    assert replace(second, artifacts={}) == replace(first, artifacts={})
    assert [(one.artifacts["dist"].id, one.artifacts["dist"].files) for one in (first, second)] == [
        (first.artifacts["dist"].id, 2)
    ] * 2
    assert (world.folder / "ran").read_text() == "ran\n" * 2, "once for each attempt"
