"""Notes of the fake GitLab being written, edited and deleted: quick actions taken out, webhooks sent."""

import secrets
from typing import Literal

from tests.world.gitlab.api import Api
from tests.world.gitlab.nouns import Account, Note, Project
from tests.world.gitlab.quick_actions import extracted
from tests.world.gitlab.shapes import hook_moment

NoteAction = Literal["create", "update"]


class Discussions:
    """`obeyed`: every quick action that GitLab took out of a note, with who gave it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.obeyed: list[tuple[str, str]] = []

    def write(
        self,
        project: Project,
        on: int | str,
        by: Account,
        body: str,
        *,
        internal: bool = False,
        threaded: bool = False,
        discussion: str = "",
    ) -> tuple[Note | None, list[str]]:
        """A note that is nothing but quick actions is obeyed, and never becomes one. `threaded` begins a thread, or goes on in `discussion`."""
        left, obeyed = extracted(body, on_commit=isinstance(on, str))
        self.obeyed += [(by.username, action) for action in obeyed]
        if not left:
            return None, obeyed
        note = self._new(project, on, by, left, internal=internal)
        note.threaded, note.discussion = threaded, discussion or note.discussion
        self._tell(project, note, by, "create")
        return note, obeyed

    def system(self, project: Project, on: int, by: Account, body: str) -> Note:
        """GitLab's own words, of which no webhook tells."""
        note = self._new(project, on, by, body)
        note.system = True
        return note

    def rewrite(self, project: Project, note: Note, by: Account, body: str) -> None:
        note.body, obeyed = extracted(body, on_commit=isinstance(note.on, str))
        note.edited_at = self._api.hosted.now()
        self.obeyed += [(by.username, action) for action in obeyed]
        self._tell(project, note, note.author, "update")

    def _new(self, project: Project, on: int | str, by: Account, body: str, *, internal: bool = False) -> Note:
        now = self._api.hosted.now()
        note = Note(next(self._api.hosted.ids), secrets.token_hex(20), on, by, body, now, now, internal=internal)
        project.notes[note.id] = note
        return note

    def _tell(self, project: Project, note: Note, by: Account, action: NoteAction) -> None:
        """https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events."""
        shapes = self._api.shapes
        on_request = isinstance(note.on, int)
        page = f"{shapes.page(project)}/-/{'merge_requests' if on_request else 'commit'}/{note.on}"
        payload = {
            "object_kind": "note",
            "event_type": "confidential_note" if note.internal else "note",
            "user": shapes.hook_user(by),
            "project_id": project.id,
            "project": shapes.hook_project(project),
            "object_attributes": {
                "id": note.id,
                "note": note.body,
                "noteable_type": "MergeRequest" if on_request else "Commit",
                "noteable_id": project.merge_requests[note.on].id if isinstance(note.on, int) else None,
                "author_id": note.author.id,
                "commit_id": None if on_request else note.on,
                "created_at": hook_moment(note.at),
                "updated_at": hook_moment(note.edited_at),
                "project_id": project.id,
                "discussion_id": note.discussion,
                "system": note.system,
                "internal": note.internal,
                "type": "DiscussionNote" if note.threaded else None,
                "description": note.body,
                "url": f"{page}#note_{note.id}",
                "action": action,
            },
        }
        if isinstance(note.on, int):
            request = project.merge_requests[note.on]
            payload["merge_request"] = {"id": request.id, "iid": request.iid, "title": request.title}
        self._api.hooks.send("Confidential Note Hook" if note.internal else "Note Hook", payload)
