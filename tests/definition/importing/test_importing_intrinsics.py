"""CloudFormation's functions, short and long, worked out from what a template says; and what becomes of those that can't be."""

import pytest
import yaml

from bot.definition.document import Map, native
from bot.definition.importer import import_pipelines
from bot.definition.importer.intrinsics import Intrinsics
from bot.definition.importer.placeholders import as_placeholders
from bot.definition.importer.reading import read_foreign
from tests.definition.importing.conftest import ImportOne

TEMPLATE = """
Parameters:
  Branch: {Type: String, Default: main}
  Open: {Type: String}
  Empty: {Type: String, Default: ""}
  Secret: {Type: String, NoEcho: "true", Default: hunter2}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings:
  Sizes: {small: {memory: "512", zones: [x, y]}}
Conditions:
  Yes: !Equals [!Ref Branch, main]
  No: !Not [!Condition Yes]
  Unknown: !Equals [!Ref Open, x]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition No, !Condition Yes]
  EitherUnknown: !Or [!Condition No, !Condition Unknown]
  BothUnknown: !And [!Condition No, !Condition Unknown]
  Circle: !Not [!Condition Circle]
Resources: {Bucket: {Type: "AWS::S3::Bucket"}}
Value: """

CASES = [
    ("!Ref Branch", "main"),
    ("{Ref: Branch}", "main"),
    ("!Ref Names", ["a", "b", "c"]),
    ("!Ref Open", "${Open}"),
    ("!Ref Empty", "${Empty}"),
    ("!Ref Secret", "${Secret}"),
    ("!Ref Stored", "${Stored}"),
    ("!Ref Bucket", "${Bucket}"),
    ("!Ref AWS::Partition", "aws"),
    ("!Ref AWS::Region", "${AWS_REGION}"),
    ("[a, !Ref AWS::NoValue, b]", ["a", "b"]),
    ("{a: 1, b: !Ref AWS::NoValue}", {"a": 1}),
    ("!GetAtt Bucket.Arn", "${Bucket.Arn}"),
    ("{Fn::GetAtt: [Bucket, Arn]}", "${Bucket.Arn}"),
    ("!Sub 'x-${Branch}-${ Bucket }-${Bucket.Arn}'", "x-main-${Bucket}-${Bucket.Arn}"),
    ("!Sub 'keep ${!HOME} $HOME'", "keep ${HOME} $HOME"),
    ("!Sub ['${A}/${Branch}', {A: !Join ['-', [x, y]]}]", "x-y/main"),
    ("!Join ['/', [a, !Ref Branch, !Ref Open]]", "a/main/${Open}"),
    ("!Join [',', !Ref Names]", "a,b,c"),
    ("!Join ['-', !Split ['.', 'a.b.c']]", "a-b-c"),
    ("!Select [1, !Ref Names]", "b"),
    ("!Select ['2', !Split ['/', 'a/b/c']]", "c"),
    ("!Select [7, [a]]", "${Select}"),
    ("!Select [0, !Split ['/', !Ref Open]]", "${Open.0}"),
    ("!Split ['.', !GetAtt Bucket.Arn]", "${Bucket.Arn}"),
    ("!FindInMap [Sizes, small, memory]", "512"),
    ("!FindInMap [Sizes, !Sub 'sm${Rest}', memory]", "${Sizes.smRest.memory}"),
    ("!Select [1, !FindInMap [Sizes, small, zones]]", "y"),
    ("!If [Yes, a, b]", "a"),
    ("!If [No, a, b]", "b"),
    ("!If [Both, a, b]", "b"),
    ("!If [Either, a, b]", "a"),
    ("!If [BothUnknown, a, b]", "b"),
    ("!If [EitherUnknown, a, b]", "a"),
    ("!If [Unknown, a, b]", "a"),
    ("!If [Circle, a, b]", "a"),
    ("[!If [No, x, !Ref AWS::NoValue]]", []),
    ("!ImportValue shared-bucket", "${shared-bucket}"),
    ("{Fn::ImportValue: !Sub '${AWS::StackName}-role'}", "${AWS_STACK_NAME-role}"),
    ("{Fn::ToJsonString: {a: !Ref Branch}}", '{"a": "main"}'),
    ("{Fn::Length: !Ref Names}", "3"),
    ("{Fn::Cidr: [a, b, c]}", "${Cidr}"),
    ("!Base64 x", "${Base64}"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), CASES, ids=[case[0] for case in CASES])
def test_a_function_is_worked_out_or_keeps_a_name(written: str, meant: object) -> None:
    (document,), findings = read_foreign((TEMPLATE + written).encode())
    assert not findings
    assert isinstance(document.root, Map)
    value = Intrinsics(document.root, {}).resolve(document.root["Value"], document.mark)
    shown = as_placeholders(str(value)) if isinstance(value, str) else native(value)
    assert shown == meant


def test_what_somebody_gave_goes_before_a_default() -> None:
    (document,), _ = read_foreign((TEMPLATE + "!Sub '${Branch} ${AWS::Region} ${Open}'").encode())
    assert isinstance(document.root, Map)
    given = {"Branch": "next", "AWS::Region": "eu-west-1", "Open": "now"}
    assert Intrinsics(document.root, given).resolve(document.root["Value"], document.mark) == "next eu-west-1 now"


def test_a_short_template_that_asks_for_endless_text_is_cut_off() -> None:
    text = "x" * 64
    for _ in range(12):
        text = "{Fn::Sub: ['" + "${A}" * 16 + "', {A: " + (text if "{" in text else f"'{text}'") + "}]}"
    (document,), findings = read_foreign((TEMPLATE + text).encode())
    assert not findings
    assert isinstance(document.root, Map)
    value = Intrinsics(document.root, {}).resolve(document.root["Value"], document.mark)
    assert len(str(value)) < 8 << 20


PIPELINE = """
Parameters: {Open: {Type: String, Description: where it goes}}
Resources:
  Role: {Type: "AWS::IAM::Role"}
  Line:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Stages:
        - Name: Source
          Actions:
            - Name: Get
              ActionTypeId: {Category: Source, Owner: AWS, Provider: CodeCommit, Version: "1"}
              Configuration: {RepositoryName: shop, BranchName: main}
              OutputArtifacts: [{Name: App}]
        - Name: Work
          Actions:
            - Name: Lint
              ActionTypeId: {Category: Compute, Owner: AWS, Provider: Commands, Version: "1"}
              Commands: [!Sub "./go ${Open} ${Role.Arn} ${!HOME}"]
              InputArtifacts: [{Name: App}]
"""


def test_what_only_a_start_can_know_becomes_a_variable_and_what_only_a_stack_knows_makes_a_command_fail(
    import_one: ImportOne,
) -> None:
    """`${Role.Arn}` would be empty in a shell, and the command would do something else than it did."""
    written = yaml.safe_load(import_one(PIPELINE).text)
    assert written["variables"] == {"Open": {"description": "where it goes"}}
    assert written["stages"][0]["actions"][0]["run"] == "./go #{variables.Open} ${Role_Arn:?} ${HOME}"
    assert written["name"] == "Line"


def test_a_template_without_a_pipeline_says_so() -> None:
    imports, (note,) = import_pipelines("x.yml", b"Resources: {A: {Type: 'AWS::S3::Bucket'}}", {})
    assert not imports
    assert "holds no resource of type" in note.text
