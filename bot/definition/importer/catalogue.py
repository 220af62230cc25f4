"""The action and rule types that CodePipeline knows (sections 4 and 16.3): their configuration keys and artifact counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """`keys` are all that it takes, `required` those it can't do without. No keys: any are taken. Counts are (least, most)."""

    required: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    inputs: tuple[int, int] = (0, 10)
    outputs: tuple[int, int] = (0, 10)
    v2: bool = False


def _type(
    keys: str = "", inputs: tuple[int, int] = (0, 10), outputs: tuple[int, int] = (0, 10), *, v2: bool = False
) -> Type:
    """Keys as section 4 writes them: a `*` marks those that must be there."""
    names = keys.split()
    required = frozenset(name[:-1] for name in names if name.endswith("*"))
    return Type(required, frozenset(name.rstrip("*") for name in names), inputs, outputs, v2)


_NONE, _ONE = (0, 0), (1, 1)
_BUILD = "ProjectName* PrimarySource BatchEnabled CombineArtifacts EnvironmentVariables BuildspecOverride ServiceRoleArnOverride"
_COMMANDS = "EnvironmentType ComputeType VpcId Subnets SecurityGroupIds"
_STACK = "ActionMode* StackName TemplatePath TemplateConfiguration ParameterOverrides Capabilities RoleArn ChangeSetName OutputFileName"

ACTIONS: dict[tuple[str, str], Type] = {
    ("Source", "CodeStarSourceConnection"): _type(
        "ConnectionArn* FullRepositoryId* BranchName* OutputArtifactFormat DetectChanges", _NONE, _ONE
    ),
    ("Source", "CodeCommit"): _type(
        "RepositoryName* BranchName* PollForSourceChanges OutputArtifactFormat", _NONE, _ONE
    ),
    ("Source", "GitHub"): _type("Owner* Repo* Branch* OAuthToken* PollForSourceChanges", _NONE, _ONE),
    ("Source", "S3"): _type("S3Bucket* S3ObjectKey* AllowOverrideForS3ObjectKey PollForSourceChanges", _NONE, _ONE),
    ("Source", "ECR"): _type("RepositoryName* ImageTag", _NONE, _ONE),
    ("Build", "CodeBuild"): _type(_BUILD, (1, 5), (0, 5)),
    ("Test", "CodeBuild"): _type(_BUILD, (1, 5), (0, 5)),
    ("Compute", "Commands"): _type(_COMMANDS, (1, 10), (0, 1), v2=True),
    ("Build", "ECRBuildAndPublish"): _type(
        "ECRRepositoryName* DockerFilePath ImageTags RegistryType", _ONE, _NONE, v2=True
    ),
    ("Test", "DeviceFarm"): _type("", _ONE, _NONE),
    ("Invoke", "InspectorScan"): _type("", (0, 1), (0, 1), v2=True),
    ("Deploy", "CodeDeploy"): _type("ApplicationName* DeploymentGroupName*", _ONE, _NONE),
    ("Deploy", "S3"): _type("BucketName* Extract* ObjectKey KMSEncryptionKeyARN CannedACL CacheControl", _ONE, _NONE),
    ("Deploy", "EC2"): _type(
        "InstanceTagKey* InstanceTagValue InstanceType* TargetDirectory DeploySpec MaxBatch MaxError"
        " TargetGroupNameList PreScript PostScript",
        _ONE,
        _NONE,
        v2=True,
    ),
    ("Deploy", "ECS"): _type("ClusterName* ServiceName* FileName DeploymentTimeout", _ONE, _NONE),
    ("Deploy", "CodeDeployToECS"): _type("", (1, 5), _NONE),
    ("Deploy", "Lambda"): _type(
        "FunctionName* FunctionAlias PublishedTargetVersion DeployStrategy Alarms", _ONE, _NONE, v2=True
    ),
    ("Deploy", "EKS"): _type("", _ONE, _NONE, v2=True),
    ("Deploy", "CloudFormation"): _type(_STACK, (0, 10), (0, 1)),
    ("Deploy", "CloudFormationStackSet"): _type("", (0, 10), (0, 1)),
    ("Deploy", "CloudFormationStackInstances"): _type("", (0, 10), (0, 1)),
    ("Deploy", "ElasticBeanstalk"): _type("ApplicationName* EnvironmentName*", _ONE, _NONE),
    ("Deploy", "OpsWorks"): _type("", _ONE, _NONE),
    ("Deploy", "ServiceCatalog"): _type("", _ONE, _NONE),
    ("Deploy", "AppConfig"): _type("", _ONE, _NONE),
    ("Deploy", "AlexaSkillsKit"): _type("", (1, 2), _NONE),
    ("Invoke", "Lambda"): _type("FunctionName* UserParameters", (0, 5), (0, 5)),
    ("Invoke", "StepFunctions"): _type("StateMachineArn* ExecutionNamePrefix InputType Input", (0, 1), (0, 1)),
    ("Invoke", "CodePipeline"): _type("PipelineName* SourceRevisions Variables", _NONE, _NONE, v2=True),
    ("Approval", "Manual"): _type("NotificationArn ExternalEntityLink CustomData", _NONE, _NONE),
}
"""By category and provider, owners AWS and ThirdParty. Owner Custom is whatever an account made of it."""

RULES: dict[str, Type] = {
    "CloudWatchAlarm": _type("AlarmName* AlarmStates WaitTime"),
    "LambdaInvoke": _type("FunctionName* UserParameters"),
    "DeploymentWindow": _type("Cron* TimeZone"),
    "VariableCheck": _type("Variable* Value* Operator*"),
    "CodeBuild": _type("ProjectName* PrimarySource BatchEnabled CombineArtifacts EnvironmentVariables"),
    "Commands": _type(_COMMANDS),
}

GIT_SOURCES = ("CodeStarSourceConnection", "CodeCommit", "GitHub")
THIRD_PARTY = ("GitHub", "AlexaSkillsKit")
