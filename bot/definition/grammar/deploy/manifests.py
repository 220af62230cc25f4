"""A deployment to a Kubernetes cluster: manifests, where they are applied, and what is put into them."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from bot.definition.document import Plain, quoted
from bot.definition.grammar.deploy.servers import GroupName, RollbackEntry
from bot.definition.grammar.text import NAME, NO_SPACE, ONE_OR_MANY, Boolean, FileGlob, Given, Noun, refuse, relative
from bot.model.cluster_deployment import ManifestDeploy, Prune
from bot.model.deployment import Manifests, RollbackOn

ManifestGlobs: TypeAlias = Annotated[
    tuple[Annotated[FileGlob, AfterValidator(relative)], ...], Field(min_length=1, max_length=10), ONE_OR_MANY
]
ClusterName: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=NAME)]
KubernetesNamespace: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000, pattern=NO_SPACE)]
IMAGE = r"^[^\s:@]+(:[0-9]+/[^\s:@]+)?$"
_Image: TypeAlias = Annotated[str, Field(min_length=1, max_length=255, pattern=IMAGE)]
_Given: TypeAlias = Annotated[str, Field(max_length=1000)]
PLACEHOLDER = r"^[A-Za-z_][A-Za-z0-9_]*$"
_Placeholder: TypeAlias = Annotated[str, Field(min_length=1, max_length=128, pattern=PLACEHOLDER)]


def _prune(value: object) -> Prune:
    if isinstance(value, Plain) and isinstance(value.value, bool):
        return Prune.SAFE if value.value else Prune.NEVER
    if value == "all":
        return Prune.ALL
    shown = quoted(value) if isinstance(value, str) else "this"
    remedy = "Write true, false, or `all` to delete namespaces, volumes and definitions of kinds, too."
    raise refuse(f"It must say what becomes of objects that are no longer in the manifests, and is {shown}.", remedy)


PruneEntry: TypeAlias = Annotated[Prune, BeforeValidator(_prune, json_schema_input_type=bool | Literal["all"])]


class ManifestDeployment(Noun):
    """Manifests that are applied to a cluster."""

    manifests: ManifestGlobs = Field(
        description="Files of what is deployed, such as k8s/**: YAML of any number of documents, or JSON. Kustomizations and charts are not rendered here."
    )
    cluster: Given[ClusterName] = Field(
        default=None, description="The operator's name for it; default: the only one that the repository may deploy to."
    )
    namespace: Given[KubernetesNamespace] = Field(
        default=None, description="Of objects that name none; default: the cluster's. It may hold references."
    )
    images: Annotated[dict[_Image, _Given], Field(max_length=100)] = Field(
        default={},
        description="Images as manifests name them, without tags: each with its tag, digest or whole reference.",
    )
    values: Annotated[dict[_Placeholder, _Given], Field(max_length=100)] = Field(
        default={}, alias="set", description="What `${NAME}` stands for in the texts of manifests."
    )
    prune: PruneEntry = Field(
        default=Prune.SAFE,
        description="Whether what the last deployment applied and this one has not is deleted: true, false, or `all` to delete namespaces, volumes and definitions of kinds, too.",
    )
    force: Boolean = Field(default=False, description="Take over fields that somebody else manages.")
    rollback: RollbackEntry = Field(
        default=("failure",), description="When what was there before is applied again: `failure`, `stop`, or `never`."
    )
    group: Given[GroupName] = Field(
        default=None,
        description="The deployment group: `GROUP`, `APPLICATION/GROUP`, or the `PIPELINE/STAGE/ACTION` that it began as. Default: the action's own.",
    )

    def to_model(self) -> ManifestDeploy:
        manifests = Manifests(self.manifests, self.cluster or "", self.namespace or "", self.images, self.values)
        rollback = tuple(RollbackOn(each) for each in self.rollback if each != "never")
        return ManifestDeploy(manifests, self.prune, self.force, rollback, self.group or "")
