"""CodePipeline's own rules on a definition that is run as it is: each told where it is written, all at once (section 3)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.definition import read_definitions
from tests.definition.importing.conftest import Body, Edit, action, definition, run_as_it_is, stage

APP = [{"name": "App"}]


def commands(**more: Any) -> Body:
    return action("Compute", "Commands", commands=["make"], inputArtifacts=APP, **more)


def build(**more: Any) -> Body:
    return action("Build", "CodeBuild", **{"configuration": {"ProjectName": "p"}, "inputArtifacts": APP, **more})


def rule(provider: str, **configuration: str) -> Body:
    kind = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": "r", "ruleTypeId": kind, "configuration": configuration}


def conditions(result: str, *rules: Body) -> Body:
    return {"conditions": [{"result": result, "rules": list(rules)}]}


def trigger(**git: object) -> list[Body]:
    return [{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Checkout", **git}}]


def on_source(edit: Callable[[Body], object]) -> Edit:
    return lambda body: edit(body["stages"][0]["actions"][0])


def put(key: str, value: object) -> Edit:
    return lambda body: body.__setitem__(key, value)


WINDOW = rule("DeploymentWindow", Cron="* * 9-17 ? * MON-FRI")
CHECK = rule("VariableCheck", Variable="#{Src.BranchName}", Operator="EQ", Value="main")

BROKEN: list[tuple[str, Body, Edit | None, str, str]] = [
    ("STR-1", definition(), lambda b: b["stages"].pop(), "pipeline.stages", "needs at least 2 stages"),
    ("STR-2", definition({"name": "Empty", "actions": []}), None, "pipeline.stages[1].actions", "has nothing in it"),
    ("STR-3, STR-6", definition(), lambda b: b["stages"][0]["actions"].append(action("Approval", "Manual")), "pipeline.stages[0].actions[1]", "contains only source actions"),
    ("STR-4", definition(stage(action("Source", "S3", configuration={"S3Bucket": "b", "S3ObjectKey": "k"}, outputArtifacts=[{"name": "O"}]))), None, "pipeline.stages[1].actions[0]", "only in the first stage"),
    ("STR-7 stages", definition(stage(commands()), stage(commands())), None, "pipeline.stages[2].name", "used twice"),
    ("STR-7 source stage", definition({"name": "Source", "actions": [commands()]}), None, "pipeline.stages[1].name", "used twice"),
    ("STR-7 actions", definition(stage(commands(), commands())), None, "pipeline.stages[1].actions[1].name", "used twice"),
    ("STR-8", definition(stage(commands(outputArtifacts=APP))), None, "pipeline.stages[1].actions[0].outputArtifacts[0].name", "produced by another action already"),
    ("STR-9", definition(stage(build(inputArtifacts=[{"name": "Nothing"}]))), None, "pipeline.stages[1].actions[0].inputArtifacts", "No action produces the artifact"),
    ("STR-11", definition(stage(build(inputArtifacts=[]))), None, "pipeline.stages[1].actions[0].inputArtifacts", "takes 1 to 5 input artifacts, and has 0"),
    ("STR-13", definition(artifactStore={"type": "S3", "location": "bucket"}, artifactStores={}), None, "pipeline.artifactStores", "given together"),
    ("STR-13 region", definition(stage(commands(region="eu-west-1")), artifactStores={"us-east-1": {"type": "S3", "location": "bucket"}}), None, "pipeline.stages[1].actions[0].region", "no entry for the region"),
    ("STR-13 one store", definition(stage(commands(region="eu-west-1"), build(region="us-east-1")), artifactStore={"type": "S3", "location": "bucket"}), None, "pipeline.stages[1].actions[1].region", "no entry for the region `us-east-1`"),
    ("STR-14", definition(artifactStores={"us-east-1": {"type": "S3", "location": "bucket"}}), on_source(put("region", "eu-west-1")), "pipeline.stages[0].actions[0].region", "cannot be in another region"),
    ("STR-15", definition(stage(build(timeoutInMinutes=10))), None, "pipeline.stages[1].actions[0].timeoutInMinutes", "only for manual approvals"),
    ("STR-16", definition(stage(action("Approval", "Manual", inputArtifacts=APP))), None, "pipeline.stages[1].actions[0].inputArtifacts", "takes 0 input artifacts, and has 1"),
    ("STR-18 type", definition(stage(action("Build", "CodeBiuld"))), None, "pipeline.stages[1].actions[0].actionTypeId.provider", "Did you mean `CodeBuild`?"),
    ("STR-18 category", definition(stage(action("Deploy", "CodeBuild"))), None, "pipeline.stages[1].actions[0].actionTypeId.provider", "is of category `Build` or `Test`"),
    ("STR-18, C6 unknown key", definition(), on_source(lambda a: a["configuration"].update(BranchNme="x")), "pipeline.stages[0].actions[0].configuration.BranchNme", "Did you mean `BranchName`?"),
    ("STR-18 missing key", definition(), on_source(lambda a: a["configuration"].pop("BranchName")), "pipeline.stages[0].actions[0].configuration", "lacks `BranchName`"),
    ("STR-19", definition(stage(commands(), beforeEntry=conditions("SKIP", WINDOW))), None, "pipeline.stages[1].beforeEntry.conditions[0].rules[0].configuration.Cron", "cannot skip a stage"),
    ("STR-20", definition(stage(commands(), beforeEntry=conditions("ROLLBACK", CHECK))), None, "pipeline.stages[1].beforeEntry.conditions[0].result", "cannot `ROLLBACK`"),
    ("STR-21", definition(stage(commands(), onFailure={"result": "RETRY", **conditions("ROLLBACK", CHECK)})), None, "pipeline.stages[1].onFailure.conditions", "takes no conditions"),
    ("STR-22", definition(stage(commands(), onFailure={"result": "ROLLBACK"}), executionMode="PARALLEL"), None, "pipeline.stages[1].onFailure", "cannot roll back"),
    ("STR-23", definition(triggers=[{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Checkuot", "push": [{"tags": {"includes": ["v*"]}}]}}]), None, "pipeline.triggers[0].gitConfiguration.sourceActionName", "Did you mean `Checkout`?"),
    ("STR-23 twice", definition(triggers=trigger(push=[{"tags": {"includes": ["a"]}}]) * 2), None, "pipeline.triggers[1].gitConfiguration.sourceActionName", "has two triggers"),
    ("STR-24 tags", definition(triggers=trigger(push=[{"tags": {"includes": ["a"]}, "branches": {"includes": ["b"]}}])), None, "pipeline.triggers[0].gitConfiguration.push[0].tags", "stands alone"),
    ("STR-24 paths", definition(triggers=trigger(push=[{"filePaths": {"includes": ["a"]}}])), None, "pipeline.triggers[0].gitConfiguration.push[0].filePaths", "needs `branches`"),
    ("STR-24 empty", definition(triggers=trigger(pullRequest=[{}])), None, "pipeline.triggers[0].gitConfiguration.pullRequest[0]", "has no `branches`"),
    ("STR-24 neither", definition(triggers=trigger()), None, "pipeline.triggers[0].gitConfiguration", "neither `push` nor `pullRequest`"),
    ("STR-25 undeclared", definition(stage(commands(environmentVariables=[{"name": "A", "value": "#{variables.NONE}"}]))), None, "pipeline.stages[1].actions[0].environmentVariables[0].value", "does not exist"),
    ("STR-25 in a source", definition(variables=[{"name": "B"}]), on_source(lambda a: a["configuration"].update(BranchName="#{variables.B}")), "pipeline.stages[0].actions[0].configuration.BranchName", "cannot use pipeline variables"),
    ("STR-25 in a check", definition(stage(commands(), beforeEntry=conditions("FAIL", rule("VariableCheck", Variable="#{variables.NONE}", Operator="EQ", Value="x")))), None, "pipeline.stages[1].beforeEntry.conditions[0].rules[0].configuration.Variable", "does not exist"),
    ("TYP-2, STR-26 mode", definition(pipelineType="V1", executionMode="QUEUED"), None, "pipeline.executionMode", "type V1 has no mode `QUEUED`"),
    ("TYP-2, STR-26 variables", definition(pipelineType="V1", variables=[{"name": "A"}]), None, "pipeline.variables", "type V1 has no `variables`"),
    ("TYP-2, STR-26 action", definition(stage(commands()), pipelineType="V1"), None, "pipeline.stages[1].actions[0].actionTypeId.provider", "type V1 has no `Commands` actions"),
    ("TYP-2, STR-26 condition", definition(stage(build(), onFailure={"result": "RETRY"}), pipelineType="V1"), None, "pipeline.stages[1].onFailure", "type V1 has no `onFailure`"),
    ("unknown member", definition(stage(commands(runOrdre=1))), None, "pipeline.stages[1].actions[0].runOrdre", "Did you mean `runOrder`?"),
    ("name too long", definition(stage(action("Approval", "Manual", "x" * 101))), None, "pipeline.stages[1].actions[0].name", "may have at most 100"),
    ("run order", definition(stage(commands(runOrder=1000))), None, "pipeline.stages[1].actions[0].runOrder", "at most 999"),
    ("rule type", definition(stage(commands(), beforeEntry=conditions("FAIL", rule("DeploymentWindws")))), None, "pipeline.stages[1].beforeEntry.conditions[0].rules[0].ruleTypeId.provider", "Did you mean `DeploymentWindow`?"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "edit", "path", "words"), [case[1:] for case in BROKEN], ids=[c[0] for c in BROKEN])
def test_a_broken_rule_is_told_where_it_is_written(body: Body, edit: Edit | None, path: str, words: str) -> None:
    body = json.loads(json.dumps(body))
    if edit is not None:
        edit(body["pipeline"])
    definitions = run_as_it_is(json.dumps(body, indent=1))
    assert not definitions.pipelines
    told = {problem.path: f"{problem.reason} {problem.remedy}" for problem in definitions.problems}
    assert path in told, told
    assert words in told[path]


@pytest.mark.parametrize(
    "body",
    [
        definition(),
        definition(stage(commands())),
        definition(stage(build()), pipelineType="V1"),
        definition(stage(commands(), beforeEntry=conditions("SKIP", CHECK))),
        definition(stage(commands(), onSuccess=conditions("ROLLBACK", CHECK), onFailure={"result": "ROLLBACK"})),
        definition(
            triggers=trigger(push=[{"tags": {"includes": ["v*"]}}], pullRequest=[{"branches": {"includes": ["m"]}}])
        ),
        definition(stage(commands(runOrder="2"), action("Approval", "Manual", "ask"))),
        definition(stage(commands(), blockers=[{"name": "closed", "type": "Schedule"}])),
    ],
)
def test_a_valid_definition_has_no_problem(body: Body) -> None:
    """STR-28: blockers mean nothing. TYP-1: what names no type may have all that V2 has."""
    definitions = run_as_it_is(json.dumps(body))
    assert definitions.problems == ()
    assert [pipeline.name for pipeline in definitions.pipelines] == ["shop"]


def test_all_problems_are_told_at_once_with_their_lines() -> None:
    body = definition(stage(build(timeoutInMinutes=10, runOrdre=1)), pipelineType="V1", executionMode="QUEUED")
    text = json.dumps(body, indent=1)
    problems = run_as_it_is(text).problems
    assert len(problems) == 3
    for problem, key in zip(problems, ("timeoutInMinutes", "runOrdre", "executionMode"), strict=True):
        assert key in text.splitlines()[problem.line - 1]


def test_a_template_is_told_in_its_own_words() -> None:
    text = b"""Resources:
  Line:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Stages:
        - Name: !Sub Source
          Actions: []
"""
    problems = read_definitions({".pipeline.yml": text}, "shop", not_yet=()).problems
    assert [(p.line, p.path) for p in problems] == [
        (6, "Resources.Line.Properties.Stages"),
        (7, "Resources.Line.Properties.Stages[0].Actions"),
    ]


def test_our_own_file_is_never_taken_for_another_structure() -> None:
    text = b"stages: [{name: a, actions: [{name: b, run: x}]}]\nroleArn: x\n"
    (problem,) = read_definitions({".pipeline.yml": text.replace(b"roleArn", b"role")}, "shop", not_yet=()).problems
    assert problem.path == "role"
