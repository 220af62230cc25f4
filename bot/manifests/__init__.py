"""Kubernetes manifests: a repository's files to objects, or to all their problems at once. What is done with them is the deploy action's affair."""

from bot.manifests.chosen import choose
from bot.manifests.filled import filled
from bot.manifests.folder import found_files
from bot.manifests.named import named_files, named_folders, named_problems
from bot.manifests.read import Reading, read_manifests

__all__ = [
    "Reading",
    "choose",
    "filled",
    "found_files",
    "named_files",
    "named_folders",
    "named_problems",
    "read_manifests",
]
