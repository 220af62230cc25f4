"""What a push to the fake GitHub leads to: its webhook, and that of every pull request whose branch moved."""

from collections.abc import Mapping

from tests.world.github.api import Api
from tests.world.github.nouns import Account, PullRequest, Repository
from tests.world.github.shapes import NO_COMMIT, Json

MOST_COMMITS = 2048
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads#push."""

MOST_TAGS = 3
"""More branches or tags than three at once: no event is sent for tags (the documentation of `create` and `push`)."""


class Pushes:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def noticed(self, repository: Repository, by: Account, before: Mapping[str, str]) -> None:
        """Compare the refs with what they were, and tell of each that changed."""
        after = await repository.git.refs()
        names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
        tags = [name for name in names if name.startswith("refs/tags/")]
        for name in names:
            if name.startswith("refs/heads/") or (name in tags and len(tags) <= MOST_TAGS):
                await self._tell(repository, by, name, before.get(name), after.get(name))

    async def _tell(self, repository: Repository, by: Account, ref: str, before: str | None, after: str | None) -> None:
        self._api.hooks.send("push", await self._payload(repository, by, ref, before, after))
        if not ref.startswith("refs/heads/") or after is None:
            return
        for base in self._api.hosted.repositories.values():
            for pull in base.pulls.values():
                if pull.state == "open" and (pull.head, f"refs/heads/{pull.head_branch}") == (repository, ref):
                    await self._update(base, pull, by, after)

    async def _update(self, base: Repository, pull: PullRequest, by: Account, after: str) -> None:
        before, pull.head_sha = pull.head_sha, after
        pull.base_sha = await base.git.commit_of(f"refs/heads/{pull.base_branch}") or pull.base_sha
        await publish(base, pull)
        self.pull_request(base, pull, by, "synchronize", {"before": before, "after": after})

    def pull_request(
        self, repository: Repository, pull: PullRequest, by: Account, kind: str, more: Json | None = None
    ) -> None:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request."""
        shapes = self._api.shapes
        payload = {
            "action": kind,
            "number": pull.number,
            "pull_request": shapes.pull_request(repository, pull),
            "repository": shapes.repository(repository),
            "sender": shapes.account(by),
        }
        self._api.hooks.send("pull_request", payload | (more or {}))

    async def _payload(
        self, repository: Repository, by: Account, ref: str, before: str | None, after: str | None
    ) -> Json:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads#push."""
        git, shapes = repository.git, self._api.shapes
        forced = bool(before and after) and not await git.reaches(after or "", before or "")
        head = await git.describe(await git.commit_of(after) or after) if after else None
        # A new branch's commits are those that the default branch has not; the default branch's own are all its commits.
        default = f"refs/heads/{repository.default_branch}"
        base = before or (None if ref == default else await git.commit_of(default))
        listed = await git.commits(base, after, MOST_COMMITS) if after and ref.startswith("refs/heads/") else []
        return {
            "ref": ref,
            "before": before or NO_COMMIT,
            "after": after or NO_COMMIT,
            "created": before is None,
            "deleted": after is None,
            "forced": forced,
            "base_ref": None,
            "compare": f"{shapes.page(repository)}/compare",
            "commits": [shapes.commit(repository, one) for one in listed],
            "head_commit": shapes.commit(repository, head) if head else None,
            "repository": shapes.repository(repository) | {"master_branch": repository.default_branch},
            "pusher": {"name": by.login, "email": f"{by.login}@users.noreply.example.test"},
            "sender": shapes.account(by),
        }


async def publish(base: Repository, pull: PullRequest) -> None:
    """A pull request's head is a ref of its target's repository, a fork's too."""
    ref = f"refs/pull/{pull.number}/head"
    if pull.head is base:
        await base.git.point(ref, pull.head_sha)
    else:
        await base.git.git("fetch", "--quiet", str(pull.head.git.path), f"+refs/heads/{pull.head_branch}:{ref}")
