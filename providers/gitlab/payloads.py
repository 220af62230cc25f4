"""What is read of GitLab's JSON: webhook payloads and answers of its API, as pydantic models. Everything else is left alone.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from providers.base.payloads import Id, Model, Moment, Sha

NAME = "[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
FullPath = Annotated[str, StringConstraints(pattern=rf"^{NAME}(/{NAME})+$", max_length=1000)]
"""Groups nest, so there are two parts or more. It becomes part of URLs: no part is a name of dots.

https://docs.gitlab.com/user/reserved_names/#rules-for-usernames-project-and-group-names-and-slugs
"""


class User(Model):
    """`id` is missing in old deliveries. An account that was deleted leaves its traces to the ghost user."""

    id: Id | None = None
    username: str = ""


class Project(Model):
    """`id` is missing in old deliveries, which have `project_id` beside the project."""

    id: Id | None = None
    path_with_namespace: FullPath
    web_url: str
    default_branch: str | None = None


class Payload(Model):
    project: Project
    project_id: Id | None = None


class Commit(Model):
    id: Sha


class Push(Payload):
    """Of a branch or a tag. `checkout_sha` is the commit, where `after` is an annotated tag's own object."""

    ref: str
    before: Sha
    after: Sha
    checkout_sha: Sha | None = None
    user_id: Id | None = None
    user_username: str = ""
    user_name: str = ""


class MergeRequest(Model):
    """In a webhook: `state` is opened, closed, merged or locked; `oldrev` is there when commits were pushed."""

    iid: Id
    state: str
    title: str = ""
    source_branch: str
    target_branch: str
    source_project_id: Id | None = None
    target_project_id: Id
    author_id: Id | None = None
    last_commit: Commit | None = None
    draft: bool = False
    work_in_progress: bool = False
    action: str = ""
    oldrev: Sha | None = None
    updated_at: Moment = None


class Label(Model):
    title: str = ""


class TargetChange(Model):
    previous: str | None = None
    current: str | None = None


class DraftChange(Model):
    previous: bool | None = None
    current: bool | None = None


class LabelsChange(Model):
    previous: tuple[Label, ...] = ()
    current: tuple[Label, ...] = ()


class Changes(Model):
    """What an update changed: each is only there when it did."""

    target_branch: TargetChange | None = None
    draft: DraftChange | None = None
    labels: LabelsChange | None = None


class MergeRequestEvent(Payload):
    object_attributes: MergeRequest
    user: User | None = None
    labels: tuple[Label, ...] = ()
    changes: Changes = Changes()


class Note(Model):
    """A comment. `type` is DiffNote where it stands at a line of a diff, DiscussionNote in a thread that can be resolved. `internal` ones are seen by members of the project only; `system` ones are GitLab's own words.

    `action` came with GitLab 16.11, and with it deliveries about edits.
    """

    id: Id
    note: str = ""
    type: str | None = None
    noteable_type: str | None = None
    author_id: Id | None = None
    commit_id: str | None = None
    discussion_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{1,64}$")] | None = None
    system: bool = False
    internal: bool | None = None
    action: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Numbered(Model):
    iid: Id


class NoteEvent(Payload):
    object_attributes: Note
    event_type: str = "note"
    merge_request: Numbered | None = None
    user: User | None = None


# --- Answers of the API ----------------------------------------------------------------------------------------------


class Account(Model):
    """https://docs.gitlab.com/api/users/#get-a-single-user."""

    id: Id
    username: str
    state: str = "active"
    bot: bool = False


class Member(Model):
    """https://docs.gitlab.com/api/project_members/#get-a-member-of-a-project-including-inherited-and-invited-members."""

    id: Id
    access_level: Annotated[int, Field(ge=0, le=1000)]
    state: str = "active"
    membership_state: str = "active"
    expires_at: str | None = None


class Visible(Model):
    """https://docs.gitlab.com/api/projects/#get-a-single-project."""

    visibility: str
    repository_access_level: str = "enabled"


class Found(Visible):
    id: Id
    path_with_namespace: FullPath


class Author(Model):
    id: Id
    username: str = ""


class DiffRefs(Model):
    """`base_sha` is the commit at which the source branch left the target branch. All are null until GitLab has looked."""

    base_sha: Sha | None = None


class ApiMergeRequest(Model):
    """https://docs.gitlab.com/api/merge_requests/#get-single-mr."""

    iid: Id
    state: str
    title: str = ""
    source_branch: str
    target_branch: str
    source_project_id: Id | None = None
    target_project_id: Id
    author: Author | None = None
    sha: Sha | None = None
    diff_refs: DiffRefs | None = None
    draft: bool = False
    labels: list[str] = Field(default_factory=list)
    first_contribution: bool = True


class BranchCommit(Model):
    id: Sha


class Branch(Model):
    """https://docs.gitlab.com/api/branches/#get-single-repository-branch."""

    name: str
    commit: BranchCommit


class ApiNote(Model):
    """https://docs.gitlab.com/api/notes/#list-all-merge-request-notes."""

    id: Id
    body: str = ""
    author: Author | None = None
    system: bool = False


class Discussion(Model):
    """https://docs.gitlab.com/api/discussions/#list-project-commit-discussion-items."""

    id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{1,64}$")]
    notes: tuple[ApiNote, ...] = ()


class Token(Model):
    """https://docs.gitlab.com/api/personal_access_tokens/#get-details-on-a-personal-access-token."""

    scopes: tuple[str, ...] = ()
    expires_at: str | None = None


class Hook(Model):
    """A project's webhook. `signing_token_present` since 19.0."""

    id: Id
    url: str
    push_events: bool = False
    tag_push_events: bool = False
    merge_requests_events: bool = False
    note_events: bool = False
    enable_ssl_verification: bool = False
    push_events_branch_filter: str | None = None
    alert_status: str = "executable"
    signing_token_present: bool = False


class HookEvent(Model):
    """`response_status` is a number, or words where nothing was answered."""

    response_status: str = ""


class MutationErrors(Model):
    errors: tuple[str, ...] = ()


class AwardAnswer(Model):
    award: MutationErrors | None = Field(default=None, alias="awardEmojiAdd")


class GraphQlError(Model):
    message: str = ""


class GraphQlAward(Model):
    """https://docs.gitlab.com/api/graphql/reference/#mutationawardemojiadd."""

    data: AwardAnswer | None = None
    errors: tuple[GraphQlError, ...] = ()
