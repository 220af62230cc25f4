"""PyGithub's objects for our nouns, made without asking: each is only an address until something is done with it."""

from github import Github
from github.Commit import Commit
from github.Repository import Repository as GitHubRepository

from bot.model.repository import Repository
from providers.base import identity


def repository_of(github: Github, repository: Repository) -> GitHubRepository:
    """By number: a repository keeps it when it is renamed or moved, and no other can take it over."""
    return github.get_repo(number_of(repository.id))


def commit_of(repository: GitHubRepository, sha: str) -> Commit:
    """With its id set: `Repository.get_commit` does not know it, and would ask for the commit to say so."""
    return Commit(repository.requester, attributes={"sha": sha}, url=f"{repository.url}/commits/{sha}")


def number_of(text: str) -> int:
    return identity.number_of(text, "GitHub")
