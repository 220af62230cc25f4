"""The fake GitLab's endpoints of notes on merge requests and commits, and of reactions to them.

https://docs.gitlab.com/api/notes/#merge-requests, https://docs.gitlab.com/api/discussions/#commits
https://docs.gitlab.com/api/emoji_reactions/
"""

import re

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.gitlab.answers import Refused, forbidden, not_found
from tests.world.gitlab.api import Api, Call
from tests.world.gitlab.discussion import Discussions
from tests.world.gitlab.nouns import MAINTAINER, Note

LONGEST_NOTE = 1_000_000
"""https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics."""

EMOJI = ("thumbsup", "thumbsdown", "laughing", "tada", "confused", "heart", "rocket", "eyes")
NOT_FOUND = Refused(404, {"message": "404 Not found"})


def routes(api: Api, discussions: Discussions) -> list[web.RouteDef]:
    on_request = Notes(api, discussions)
    on_commit = CommitDiscussions(api, discussions)
    room = "/projects/{project}/merge_requests/{iid}/notes"
    thread = "/projects/{project}/merge_requests/{iid}/discussions/{discussion}"
    talk = "/projects/{project}/repository/commits/{sha}/discussions"
    return [
        api.route("GET", room, on_request.listed, "read_api"),
        api.route("POST", room, on_request.create),
        api.route("GET", room + "/{note}", on_request.get, "read_api"),
        api.route("PUT", room + "/{note}", on_request.edit),
        api.route("POST", room + "/{note}/award_emoji", on_request.award),
        api.route("GET", thread, on_request.thread, "read_api"),
        api.route("PUT", thread, on_request.resolve),
        api.route("GET", talk, on_commit.listed, "read_api"),
        api.route("POST", talk, on_commit.create),
        api.route("PUT", talk + "/{discussion}/notes/{note}", on_commit.edit),
        api.route("POST", "/api/graphql", GraphQl(api).ask, prefix=""),
    ]


class Notes:
    """On merge requests."""

    def __init__(self, api: Api, discussions: Discussions) -> None:
        self._api = api
        self._discussions = discussions

    async def listed(self, call: Call) -> Listing:
        """Newest first unless it is asked otherwise; GitLab's own words too."""
        notes = [one for one in call.project.notes.values() if one.on == self._on(call)]
        if self._api.knows_activity_filter and call.request.query.get("activity_filter") == "only_comments":
            notes = [one for one in notes if not one.system]
        if call.request.query.get("sort", "desc") == "desc":
            notes.reverse()
        return Listing([self._api.shapes.note(one, call.project) for one in notes])

    async def create(self, call: Call) -> Answer:
        made, obeyed = self._discussions.write(call.project, self._on(call), call.account, body_of(call))
        if made is None:
            return Answer({"commands_changes": dict.fromkeys(obeyed, True), "summary": ["Applied."]}, 202)
        return Answer(self._api.shapes.note(made, call.project), 201)

    async def get(self, call: Call) -> Answer:
        return Answer(self._api.shapes.note(self._found(call), call.project))

    async def edit(self, call: Call) -> Answer:
        note = self._found(call)
        may_edit(self._api, call, note)
        self._discussions.rewrite(call.project, note, call.account, body_of(call))
        return Answer(self._api.shapes.note(note, call.project))

    async def award(self, call: Call) -> Answer:
        note, name = self._found(call), call.text("name")
        problem = give(note, call, name)
        if problem:
            raise Refused(404, {"message": f"404 Award Emoji {problem} Not Found"})
        return Answer({"id": note.id * 100, "name": name, "awardable_id": note.id, "awardable_type": "Note"}, 201)

    async def thread(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/discussions/#get-single-merge-request-discussion-item."""
        notes = self._notes(call)
        shown = [self._api.shapes.note(one, call.project) for one in notes]
        return Answer({"id": call.part("discussion"), "individual_note": not notes[0].threaded, "notes": shown})

    async def resolve(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/discussions/#resolve-a-merge-request-thread: from the Developer role on."""
        notes = self._notes(call)
        if not notes[0].threaded or call.body.get("resolved") is not True:
            raise Refused(400, {"message": "400 Bad request"})
        if not self._api.hosted.may_push(call.account, call.project, ""):
            raise forbidden()
        call.project.resolved.add(call.part("discussion"))
        return await self.thread(call)

    def _notes(self, call: Call) -> list[Note]:
        found = [one for one in call.project.notes.values() if one.discussion == call.part("discussion")]
        if not found or found[0].on != self._on(call):
            raise not_found("Discussion")
        return found

    def _on(self, call: Call) -> int:
        if call.number("iid") not in call.project.merge_requests:
            raise NOT_FOUND
        return call.number("iid")

    def _found(self, call: Call) -> Note:
        note = call.project.notes.get(call.number("note"))
        if note is None or note.on != self._on(call):
            raise not_found("Note")
        return note


class CommitDiscussions:
    """On commits. Their notes have no ids anywhere else, and no reactions in REST."""

    def __init__(self, api: Api, discussions: Discussions) -> None:
        self._api = api
        self._discussions = discussions

    async def listed(self, call: Call) -> Listing:
        sha = await self._on(call)
        return Listing([self._shape(call, one) for one in call.project.notes.values() if one.on == sha])

    async def create(self, call: Call) -> Answer:
        made, _ = self._discussions.write(call.project, await self._on(call), call.account, body_of(call))
        if made is None:
            raise Refused(400, {"message": '400 Bad request - Note {:commands_only=>["Commands applied"]}'})
        return Answer(self._shape(call, made), 201)

    async def edit(self, call: Call) -> Answer:
        note = call.project.notes.get(call.number("note"))
        if note is None or (note.on, note.discussion) != (await self._on(call), call.part("discussion")):
            raise not_found("Note")
        may_edit(self._api, call, note)
        self._discussions.rewrite(call.project, note, call.account, body_of(call))
        return Answer(self._api.shapes.note(note, call.project))

    def _shape(self, call: Call, note: Note) -> dict[str, object]:
        return {"id": note.discussion, "individual_note": True, "notes": [self._api.shapes.note(note, call.project)]}

    async def _on(self, call: Call) -> str:
        sha = await call.project.git.commit_of(call.part("sha"))
        if sha is None:
            raise not_found("Commit")
        return sha


class GraphQl:
    """The one mutation that the bot needs: https://docs.gitlab.com/api/graphql/reference/#mutationawardemojiadd."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def ask(self, call: Call) -> Answer:
        variables = call.body.get("variables") or {}
        found = re.fullmatch(r"gid://gitlab/Note/(\d+)", str(variables.get("note")))
        if "awardEmojiAdd" not in call.text("query") or found is None:
            return Answer({"errors": [{"message": "The query is not known here"}]})
        notes = [
            project.notes[int(found[1])]
            for project in self._api.hosted.projects.values()
            if int(found[1]) in project.notes and self._api.hosted.may_see(call.account, project)
        ]
        if not notes:
            said = "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
            return Answer({"data": {"awardEmojiAdd": None}, "errors": [{"message": said, "path": ["awardEmojiAdd"]}]})
        problem = give(notes[0], call, str(variables.get("name")))
        return Answer({"data": {"awardEmojiAdd": {"errors": [problem] if problem else []}}})


def give(note: Note, call: Call, name: str) -> str:
    """Give the emoji. What comes back is why not."""
    if name not in EMOJI:
        return "Name is not a valid emoji name"
    if (call.account, name) in note.awards:
        return "Name has already been taken"
    note.awards.append((call.account, name))
    return ""


def may_edit(api: Api, call: Call, note: Note) -> None:
    """https://docs.gitlab.com/user/discussions/#edit-a-comment."""
    if note.system or (note.author is not call.account and api.hosted.level(call.account, call.project) < MAINTAINER):
        raise forbidden()


def body_of(call: Call) -> str:
    body = call.text("body")
    if len(body) > LONGEST_NOTE:
        said = f'400 Bad request - Note {{:note=>["is too long (maximum is {LONGEST_NOTE} characters)"]}}'
        raise Refused(400, {"message": said})
    return body
