"""The fake GitHub's endpoints of comments, on pull requests and on commits alike, and of reactions to them.

https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/commits/comments
https://docs.github.com/en/rest/reactions/reactions
"""

from dataclasses import dataclass

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.github.answers import Refused, invalid
from tests.world.github.api import Api, Call
from tests.world.github.nouns import Account, Comment, Repository

LONGEST_BODY = 65536
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def routes(api: Api) -> list[web.RouteDef]:
    found = []
    for of in (Comments(api, on_commits=False), Comments(api, on_commits=True)):
        thread, room = ("{repo}/commits/{on}/comments", "{repo}/comments/{comment}")
        if not of.on_commits:
            thread, room = ("{repo}/issues/{on}/comments", "{repo}/issues/comments/{comment}")
        needed = "contents=read" if of.on_commits else "issues=write|pull_requests=write"
        found += [
            *api.routes("GET", thread, needed, of.listed),
            *api.routes("POST", thread, needed, of.create),
            *api.routes("GET", room, needed, of.get),
            *api.routes("PATCH", room, needed, of.edit),
            *api.routes("POST", f"{room}/reactions", needed, of.react),
        ]
    return found


@dataclass(frozen=True)
class Comments:
    api: Api
    on_commits: bool

    async def listed(self, call: Call) -> Listing:
        """Oldest first."""
        on = await self._thread(call)
        found = [one for one in self._all(call.repository).values() if one.on == on]
        return Listing([self.api.shapes.comment(call.repository, one) for one in found])

    async def create(self, call: Call) -> Answer:
        on = await self._thread(call)
        comment = self.write(call.repository, on, call.account, _body(call))
        return Answer(self.api.shapes.comment(call.repository, comment), 201)

    async def get(self, call: Call) -> Answer:
        return Answer(self.api.shapes.comment(call.repository, self._found(call)))

    async def edit(self, call: Call) -> Answer:
        comment = self._found(call)
        self._own_or_writer(call, comment)
        self.rewrite(call.repository, comment, call.account, _body(call))
        return Answer(self.api.shapes.comment(call.repository, comment))

    async def react(self, call: Call) -> Answer:
        """201 when it was added, 200 when this account had given it already."""
        comment, content = self._found(call), call.text("content")
        if content not in REACTIONS:
            raise invalid("Reaction", "content", f"{content} is not a valid reaction")
        known = (call.account, content) in comment.reactions
        if not known:
            comment.reactions.append((call.account, content))
        number = comment.id * 100 + comment.reactions.index((call.account, content))
        return Answer(self.api.shapes.reaction(number, call.account, content), 200 if known else 201)

    def write(self, repository: Repository, on: int | str, by: Account, body: str) -> Comment:
        now = self.api.hosted.now()
        comment = Comment(next(self.api.hosted.ids), on, by, body, now, now)
        self._all(repository)[comment.id] = comment
        self._tell(repository, comment, by, "created")
        return comment

    def rewrite(self, repository: Repository, comment: Comment, by: Account, body: str) -> None:
        comment.body, comment.edited_at = body, self.api.hosted.now()
        self._tell(repository, comment, by, "edited")

    def remove(self, repository: Repository, comment: Comment, by: Account) -> None:
        del self._all(repository)[comment.id]
        self._tell(repository, comment, by, "deleted")

    def _all(self, repository: Repository) -> dict[int, Comment]:
        return repository.commit_comments if self.on_commits else repository.comments

    async def _thread(self, call: Call) -> int | str:
        if not self.on_commits:
            number = call.number("on")
            if number not in call.repository.pulls:
                raise Refused(404, "Not Found")
            return number
        if await call.repository.git.commit_of(call.part("on")) is None:
            raise Refused(422, f"No commit found for SHA: {call.part('on')}")
        return call.part("on")

    def _found(self, call: Call) -> Comment:
        comment = self._all(call.repository).get(call.number("comment"))
        if comment is None:
            raise Refused(404, "Not Found")
        return comment

    def _own_or_writer(self, call: Call, comment: Comment) -> None:
        """Whoever may write to the repository may change anybody's comment."""
        if comment.author is not call.account and not call.repository.may_write(call.account):
            raise Refused(403, "Must have admin rights to Repository.")

    def _tell(self, repository: Repository, comment: Comment, by: Account, kind: str) -> None:
        """A commit's comments are told when created, never when edited or deleted.

        https://docs.github.com/en/webhooks/webhook-events-and-payloads#commit_comment
        """
        shapes = self.api.shapes
        payload = {
            "action": kind,
            "comment": shapes.comment(repository, comment),
            "repository": shapes.repository(repository),
            "sender": shapes.account(by),
        }
        if isinstance(comment.on, int):
            payload["issue"] = shapes.issue(repository, repository.pulls[comment.on])
            self.api.hooks.send("issue_comment", payload)
        elif kind == "created":
            self.api.hooks.send("commit_comment", payload)


def _body(call: Call) -> str:
    body = call.text("body")
    if len(body) > LONGEST_BODY:
        raise invalid("IssueComment", "body", f"body is too long (maximum is {LONGEST_BODY} characters)")
    return body
