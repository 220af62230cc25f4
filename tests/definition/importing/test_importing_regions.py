"""Which actions of a definition are in another region, where the console names a region at each (STR-13, STR-14)."""

from typing import Any

import pytest
import yaml

from tests.definition.importing.conftest import Body, ImportOne, action, definition, stage

STORE = {"type": "S3", "location": "bucket"}
HERE, THERE = "us-east-1", "eu-west-1"
ARN = {"metadata": {"pipelineArn": f"arn:aws:codepipeline:{HERE}:123456789012:shop"}}


def whole(regions: tuple[str, str, str], stores: Body, beside: Body) -> Body:
    """A source, commands and an approval, each in a region; "" where it names none."""
    source, commands, approval = ({"region": region} if region else {} for region in regions)
    work = stage(
        action("Compute", "Commands", "work", commands=["make"], inputArtifacts=[{"name": "App"}], **commands),
        action("Approval", "Manual", "ask", **approval),
    )
    made = definition(work, **stores)
    made["pipeline"]["stages"][0]["actions"][0] |= source
    return made | beside


ONE: Body = {"artifactStore": STORE}
TWO: Body = {"artifactStores": {HERE: STORE, THERE: STORE}}


@pytest.mark.parametrize(
    ("regions", "stores", "beside", "found"),
    [
        pytest.param((HERE, HERE, HERE), ONE, {}, "", id="as the console writes it"),
        pytest.param(("", HERE, ""), ONE, {}, "", id="one store is home"),
        pytest.param((HERE, THERE, HERE), TWO, {}, THERE, id="the source is at home"),
        pytest.param(("", THERE, ""), TWO, {}, THERE, id="the store that none names is home"),
        pytest.param(("", HERE, THERE), TWO, ARN, "", id="the definition's own name tells"),
        pytest.param(("", THERE, THERE), TWO, ARN, THERE, id="an approval has no artifacts"),
    ],
)
def test_only_what_is_abroad_names_its_region(
    regions: tuple[str, str, str], stores: Body, beside: Body, found: str, import_one: ImportOne
) -> None:
    file: Any = yaml.safe_load(import_one(whole(regions, stores, beside)).text)
    named = [each.get("region", "") for each in file["stages"][0]["actions"]]
    assert named == [found, ""]
    assert [each["name"] for each in file["stages"][0]["actions"]] == ["work", "ask"]


def test_a_stack_s_own_region_is_home(import_one: ImportOne) -> None:
    template = {
        "Resources": {
            "Shop": {
                "Type": "AWS::CodePipeline::Pipeline",
                "Properties": _capitalised(whole(("", "x", ""), ONE, {})["pipeline"]),
            }
        }
    }
    action_there = template["Resources"]["Shop"]["Properties"]["Stages"][1]["Actions"][0]
    action_there["Region"] = {"Ref": "AWS::Region"}
    assert "region:" not in import_one(template).text
    action_there["Region"] = {"Ref": "Where"}
    told = import_one(template | {"Parameters": {"Where": {"Type": "String"}}}).text
    assert "`region` is `Where`, a parameter of the template: write it as `region:`" in told
    assert "  region: " not in told


def _capitalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key[:1].upper() + key[1:]: child if key == "configuration" else _capitalised(child)
            for key, child in value.items()
        }
    return [_capitalised(each) for each in value] if isinstance(value, list) else value
