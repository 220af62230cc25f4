"""The ports: what the runtime asks of the world, as Protocols, with the plain data that crosses them and the errors they raise.

One file a port; this one only names them all, so that the others import from `bot.ports`. No adapter is named here. Each port has one
contract suite in tests/contracts, which the real adapter and any fake must pass.
"""

from bot.ports.action import ActionContext, ActionOutcome, ActionType
from bot.ports.app_setup import AppForm, AppMade, AppSetup
from bot.ports.artifacts import ArtifactError, Artifacts, RegionalArtifacts, StorageFull, StorageUnavailable
from bot.ports.branches import Author, BranchCommit, Branches, BranchMoved, OpenBranch, PushRefused
from bot.ports.clock import Clock
from bot.ports.clusters import (
    FIELD_MANAGER,
    Cause,
    Cluster,
    ClusterLost,
    ClusterRefused,
    Clusters,
    ClusterSession,
    Kind,
    ObjectRefused,
)
from bot.ports.executor import Executor, Job, JobEnd, JobResult
from bot.ports.further_sources import FurtherSources, SourceRefused, SourceUnavailable
from bot.ports.host_hooks import HookAnswer, HostHook, HostHooks
from bot.ports.host_secrets import HostSecrets
from bot.ports.kept_secrets import KeptSecret, KeptSecrets
from bot.ports.logs import LogChunk, Logs
from bot.ports.notifications import Nobody, Notice, Notifications, Tone
from bot.ports.provider import (
    Checks,
    Contributing,
    Deployments,
    FailedDelivery,
    FoundRepository,
    GitRemote,
    HostDown,
    HostHealth,
    HostLimits,
    HostRefused,
    HostUnavailable,
    NotADelivery,
    Provider,
    ProviderError,
    Providers,
    Reading,
    Redeliveries,
    SignatureMissing,
    SignatureWrong,
)
from bot.ports.records import (
    SHORTEST_ID,
    Commit,
    DefinitionVersion,
    EnvironmentCommit,
    ExecutionFilter,
    HistoryEntry,
    OutboxEntry,
    Reported,
    Settled,
)
from bot.ports.room import NoSpace, is_full, no_space
from bot.ports.rule import RuleContext, RuleOutcome, RuleType
from bot.ports.sealing import SealingKey
from bot.ports.secrets import OutsideSecretRefused, OutsideSecrets, SealBroken, Secrets
from bot.ports.sources import CommitUnavailable, HostedSources, Listing, Sources
from bot.ports.store import ConcurrentChange, Store, StoreUnavailable
from bot.ports.targets import (
    BundleEntry,
    BundleFolder,
    Target,
    TargetLost,
    Targets,
    TargetSession,
    TargetsRefused,
    Whose,
)
from bot.ports.traffic import Balancer, Traffic, TrafficRefused

__all__ = [
    "FIELD_MANAGER",
    "SHORTEST_ID",
    "ActionContext",
    "ActionOutcome",
    "ActionType",
    "AppForm",
    "AppMade",
    "AppSetup",
    "ArtifactError",
    "Artifacts",
    "Author",
    "Balancer",
    "BranchCommit",
    "BranchMoved",
    "Branches",
    "BundleEntry",
    "BundleFolder",
    "Cause",
    "Checks",
    "Clock",
    "Cluster",
    "ClusterLost",
    "ClusterRefused",
    "ClusterSession",
    "Clusters",
    "Commit",
    "CommitUnavailable",
    "ConcurrentChange",
    "Contributing",
    "DefinitionVersion",
    "Deployments",
    "EnvironmentCommit",
    "ExecutionFilter",
    "Executor",
    "FailedDelivery",
    "FoundRepository",
    "FurtherSources",
    "GitRemote",
    "HistoryEntry",
    "HookAnswer",
    "HostDown",
    "HostHealth",
    "HostHook",
    "HostHooks",
    "HostLimits",
    "HostRefused",
    "HostSecrets",
    "HostUnavailable",
    "HostedSources",
    "Job",
    "JobEnd",
    "JobResult",
    "KeptSecret",
    "KeptSecrets",
    "Kind",
    "Listing",
    "LogChunk",
    "Logs",
    "NoSpace",
    "Nobody",
    "NotADelivery",
    "Notice",
    "Notifications",
    "ObjectRefused",
    "OpenBranch",
    "OutboxEntry",
    "OutsideSecretRefused",
    "OutsideSecrets",
    "Provider",
    "ProviderError",
    "Providers",
    "PushRefused",
    "Reading",
    "Redeliveries",
    "RegionalArtifacts",
    "Reported",
    "RuleContext",
    "RuleOutcome",
    "RuleType",
    "SealBroken",
    "SealingKey",
    "Secrets",
    "Settled",
    "SignatureMissing",
    "SignatureWrong",
    "SourceRefused",
    "SourceUnavailable",
    "Sources",
    "StorageFull",
    "StorageUnavailable",
    "Store",
    "StoreUnavailable",
    "Target",
    "TargetLost",
    "TargetSession",
    "Targets",
    "TargetsRefused",
    "Tone",
    "Traffic",
    "TrafficRefused",
    "Whose",
    "is_full",
    "no_space",
]
