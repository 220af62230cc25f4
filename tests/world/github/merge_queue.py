"""The fake GitHub's merge queue: it makes a commit of the target branch with a pull request merged, waits for the required statuses, and merges.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

import time
from dataclasses import dataclass
from typing import Literal

from tests.world.github.nouns import Account, PullRequest, Repository
from tests.world.github.server import FakeGitHub

Reason = Literal["merged", "invalidated", "dequeued"]


@dataclass(frozen=True)
class Group:
    """`branch` is the queue's own, with `head` on it, which was made upon `base`."""

    pull: PullRequest
    branch: str
    head: str
    base: str


class MergeQueue:
    """Of one repository. `required` are the contexts that must have succeeded. `bot` is who the queue's deliveries say did it."""

    def __init__(self, github: FakeGitHub, repository: Repository, required: tuple[str, ...]) -> None:
        self._github = github
        self._repository = repository
        self._required = required
        self._bot = github.user("github-merge-queue[bot]", "Bot")

    async def enqueue(self, pull: PullRequest) -> Group:
        """Make a group of the pull request alone: its branch is pushed, and checks are requested."""
        git, target = self._repository.git, f"refs/heads/{pull.base_branch}"
        before = await git.refs()
        base = before[target]
        branch = f"gh-readonly-queue/{pull.base_branch}/pr-{pull.number}-{base}"
        await git.point(f"refs/heads/{branch}", base)
        message = f"Merge pull request #{pull.number} from {pull.head_branch}\n\n{pull.title}"
        head = await git.merge(branch, pull.head_sha, message, int(time.time()))
        group = Group(pull, branch, head, base)
        await self._github._noticed(self._repository, self._bot, before)
        await self._tell(group, "checks_requested")
        return group

    async def take_out(self, group: Group, reason: Reason = "dequeued") -> None:
        """Its branch is gone, and whoever checks it may stop."""
        before = await self._repository.git.refs()
        await self._repository.git.point(f"refs/heads/{group.branch}", None)
        await self._github._noticed(self._repository, self._bot, before)
        await self._tell(group, "destroyed", reason)

    async def advance(self, group: Group, by: Account) -> bool:
        """Merge it, if all that is required of its commit has succeeded."""
        states = {name: one.state for name, one in self._github.statuses(self._repository, group.head).items()}
        if any(states.get(context) != "success" for context in self._required):
            return False
        before = await self._repository.git.refs()
        await self._repository.git.point(f"refs/heads/{group.pull.base_branch}", group.head)
        group.pull.state, group.pull.merged, group.pull.merge_sha = "closed", True, group.head
        await self._github._noticed(self._repository, self._bot, before)
        await self._github._changed(self._repository, group.pull, by, "closed")
        await self.take_out(group, "merged")
        return True

    async def _tell(self, group: Group, action: str, reason: str = "") -> None:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group."""
        shapes, git = self._github.api.shapes, self._repository.git
        payload = {
            "action": action,
            "merge_group": {
                "head_sha": group.head,
                "head_ref": f"refs/heads/{group.branch}",
                "base_sha": group.base,
                "base_ref": f"refs/heads/{group.pull.base_branch}",
                "head_commit": shapes.commit(self._repository, await git.describe(group.head)),
            },
            "repository": shapes.repository(self._repository),
            "sender": shapes.account(self._bot),
        }
        self._github.hooks.send("merge_group", payload | ({"reason": reason} if reason else {}))
        await self._github.settled()
