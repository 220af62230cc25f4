"""The table of what each host has: a row a feature, in the order in which people read it. A "no" always has its reason."""

from providers.features.answers import Answer, Feature, feature, no, yes

HOSTS = ("github", "gitlab", "bitbucket", "bitbucket-dc", "local")

GITHUB_EVENTS = "https://docs.github.com/en/webhooks/webhook-events-and-payloads"
GITLAB_EVENTS = "https://docs.gitlab.com/user/project/integrations/webhook_events/"
CLOUD_EVENTS = "https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/"
DATA_CENTER_EVENTS = "https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html"
CLOUD_API = "https://developer.atlassian.com/cloud/bitbucket/rest"
DATA_CENTER_API = "https://developer.atlassian.com/server/bitbucket/rest/v906"

NOT_HERE = no("it is a small host: it has what pipelines need")

_DELIVERIES = (
    feature(
        "signature",
        "deliveries are signed",
        github=yes("HMAC-SHA256", "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"),
        gitlab=yes(
            "with a signing token, or bearing a secret one",
            "https://docs.gitlab.com/user/project/integrations/webhooks/",
        ),
        cloud=yes("HMAC-SHA256", "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/"),
        data_center=yes(
            "HMAC-SHA256", "https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html"
        ),
        local=yes("HMAC-SHA256"),
    ),
    feature(
        "pings",
        "a webhook that was added is told by a ping",
        github=yes("", f"{GITHUB_EVENTS}#ping"),
        gitlab=no("its button *Test* sends an event of the chosen kind", GITLAB_EVENTS),
        cloud=no("it sends nothing until something happens", CLOUD_EVENTS),
        data_center=no("its button *Test connection* sends one, by hand", DATA_CENTER_EVENTS),
        local=yes(),
    ),
    feature(
        "forced",
        "a push says that it was forced",
        github=yes("", f"{GITHUB_EVENTS}#push"),
        gitlab=no("nothing in the delivery says so", f"{GITLAB_EVENTS}#push-events"),
        cloud=yes("", f"{CLOUD_EVENTS}#Push"),
        data_center=no("nothing in the delivery says so", DATA_CENTER_EVENTS),
        local=yes(),
    ),
    feature(
        "many_refs",
        "a push of many branches or tags is told whole",
        github=no("of more than three tags at once it tells none", f"{GITHUB_EVENTS}#push"),
        gitlab=no(
            "of more than three branches, or tags, at once it tells none by default", f"{GITLAB_EVENTS}#push-events"
        ),
        cloud=yes("in one delivery", f"{CLOUD_EVENTS}#Push"),
        data_center=yes("in one delivery", DATA_CENTER_EVENTS),
        local=yes("in a delivery each"),
    ),
    feature(
        "retargeting",
        "a pull request's new target branch is told",
        github=yes("", f"{GITHUB_EVENTS}#pull_request"),
        gitlab=yes("", f"{GITLAB_EVENTS}#merge-request-events"),
        cloud=yes("among other edits, and found out", f"{CLOUD_EVENTS}#Updated"),
        data_center=yes("", DATA_CENTER_EVENTS),
        local=no("a pull request keeps its target branch"),
    ),
    feature(
        "reopening",
        "a pull request that is opened again is told",
        github=yes("", f"{GITHUB_EVENTS}#pull_request"),
        gitlab=yes("", f"{GITLAB_EVENTS}#merge-request-events"),
        cloud=no("one that was declined stays so", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=no("no event tells of it: comment `/rerun`", DATA_CENTER_EVENTS),
        local=yes(),
    ),
    feature(
        "drafts",
        "a draft that is made ready is told",
        github=yes("", f"{GITHUB_EVENTS}#pull_request"),
        gitlab=yes("", f"{GITLAB_EVENTS}#merge-request-events"),
        cloud=yes("as an edit like any other: whether it was a draft is remembered", f"{CLOUD_EVENTS}#Updated"),
        data_center=yes("by releases that have drafts", DATA_CENTER_EVENTS),
        local=no("it has no drafts"),
    ),
    feature(
        "labels",
        "labels of a pull request are told",
        github=yes("", f"{GITHUB_EVENTS}#pull_request"),
        gitlab=yes("", f"{GITLAB_EVENTS}#merge-request-events"),
        cloud=no("pull requests have no labels", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=no("pull requests have no labels", f"{DATA_CENTER_API}/api-group-pull-requests/"),
        local=NOT_HERE,
    ),
    feature(
        "merge_queue",
        "its merge queue is answered",
        github=yes("", f"{GITHUB_EVENTS}#merge_group"),
        gitlab=no(
            "a merge train waits for the pipeline that GitLab CI/CD makes for it by `.gitlab-ci.yml`, and no delivery tells of its commit",
            "https://docs.gitlab.com/ci/pipelines/merge_trains/",
        ),
        cloud=no("no event tells of its commits", CLOUD_EVENTS),
        data_center=no("it has none", "https://confluence.atlassian.com/bitbucketserver/pull-requests-776639997.html"),
        local=NOT_HERE,
    ),
    feature(
        "renaming",
        "a repository can be renamed",
        github=yes("told at once", f"{GITHUB_EVENTS}#repository"),
        gitlab=yes("seen by the next event", GITLAB_EVENTS),
        cloud=yes("told at once", f"{CLOUD_EVENTS}#Updated"),
        data_center=yes("told at once", DATA_CENTER_EVENTS),
        local=no("a repository keeps its name"),
    ),
    feature(
        "leaving",
        "a repository that is deleted or archived is told",
        github=yes("and one that the App loses", f"{GITHUB_EVENTS}#repository"),
        gitlab=no("webhooks of projects do not tell: what runs there fails", GITLAB_EVENTS),
        cloud=yes("deleted", CLOUD_EVENTS),
        data_center=yes("archived", DATA_CENTER_EVENTS),
        local=no("a repository stays"),
    ),
    feature(
        "catching_up",
        "what was not told while the bot was down is found",
        github=yes(
            "an App's deliveries are asked for again, and branches looked at",
            "https://docs.github.com/en/rest/apps/webhooks#redeliver-a-delivery-for-an-app-webhook",
        ),
        gitlab=yes("by looking at branches and merge requests", "https://docs.gitlab.com/api/branches/"),
        cloud=yes("by looking at branches and pull requests", f"{CLOUD_API}/api-group-refs/"),
        data_center=yes("by looking at branches and pull requests", f"{DATA_CENTER_API}/api-group-repository/"),
        local=yes("it keeps its deliveries until they are taken"),
    ),
    feature(
        "changed_paths",
        "a push of one commit tells its paths",
        github=yes("", f"{GITHUB_EVENTS}#push"),
        gitlab=no("at most 20 commits are listed: Git is asked", f"{GITLAB_EVENTS}#push-events"),
        cloud=no("at most five commits are listed, without paths: Git is asked", f"{CLOUD_EVENTS}#Push"),
        data_center=no("no commit is listed: Git is asked", DATA_CENTER_EVENTS),
        local=yes("up to 300"),
    ),
)

_TOLD = (
    feature(
        "rewords",
        "a status's words change while its state stays",
        github=yes("", "https://docs.github.com/en/rest/commits/statuses"),
        gitlab=no(
            "a status may only go on to another state; the comment and the page have the words",
            "https://docs.gitlab.com/api/commits/#set-commit-pipeline-status",
        ),
        cloud=yes("", f"{CLOUD_API}/api-group-commit-statuses/"),
        data_center=yes("", f"{DATA_CENTER_API}/api-group-builds-and-deployments/"),
        local=yes(),
    ),
    feature(
        "checks",
        "check runs",
        github=yes("of a GitHub App", "https://docs.github.com/en/rest/checks/runs"),
        gitlab=no("it has statuses", "https://docs.gitlab.com/ci/ci_cd_for_external_repos/external_commit_statuses/"),
        cloud=no("it has build statuses", f"{CLOUD_API}/api-group-commit-statuses/"),
        data_center=no("it has build statuses", f"{DATA_CENTER_API}/api-group-builds-and-deployments/"),
        local=NOT_HERE,
    ),
    feature(
        "annotations",
        "what logs remark stands at its lines",
        github=yes("in check runs of a GitHub App", "https://docs.github.com/en/rest/checks/runs"),
        gitlab=no(
            "merge requests show what GitLab CI/CD's own jobs have found; it stands in the comment",
            "https://docs.gitlab.com/ci/testing/code_quality/",
        ),
        cloud=yes("in a report of Code Insights", f"{CLOUD_API}/api-group-reports/"),
        data_center=yes("in a report of Code Insights", f"{DATA_CENTER_API}/api-group-insights/"),
        local=NOT_HERE,
    ),
    feature(
        "deployments",
        "a stage with an `environment` is a deployment to it",
        github=yes("", "https://docs.github.com/en/rest/deployments/deployments"),
        gitlab=yes("once something is done there", "https://docs.gitlab.com/api/deployments/"),
        cloud=no(
            "only a step of its own Pipelines can deploy",
            "https://support.atlassian.com/bitbucket-cloud/docs/set-up-and-monitor-deployments/",
        ),
        data_center=no(
            "its stages' build statuses say as much", f"{DATA_CENTER_API}/api-group-builds-and-deployments/"
        ),
        local=NOT_HERE,
    ),
    feature(
        "reactions",
        "a command is acknowledged with a reaction",
        github=yes("", "https://docs.github.com/en/rest/reactions/reactions"),
        gitlab=yes("", "https://docs.gitlab.com/api/emoji_reactions/"),
        cloud=no(
            "comments have none: a reply that is one emoji stands for it",
            "https://jira.atlassian.com/browse/BCLOUD-20795",
        ),
        data_center=yes("", f"{DATA_CENTER_API}/api-group-pull-requests/"),
        local=yes(),
    ),
    feature(
        "folding",
        "logs are folded in the comment",
        github=yes("", "https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting"),
        gitlab=yes("", "https://docs.gitlab.com/user/markdown/#collapsible-section"),
        cloud=no("comments have no HTML", "https://support.atlassian.com/bitbucket-cloud/docs/markup-comments/"),
        data_center=no(
            "comments have no HTML",
            "https://confluence.atlassian.com/bitbucketserver/markdown-syntax-guide-776639995.html",
        ),
        local=yes(),
    ),
    feature(
        "threads",
        "an answer stands below the comment that it answers",
        github=no("a conversation has no threads", "https://docs.github.com/en/rest/issues/comments"),
        gitlab=no(
            "an answer is a note of its own, which leaves no thread to be resolved",
            "https://docs.gitlab.com/api/notes/",
        ),
        cloud=yes("", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=yes("", f"{DATA_CENTER_API}/api-group-pull-requests/"),
        local=NOT_HERE,
    ),
    feature(
        "resolving",
        "a thread that a command began is resolved when it was taken",
        github=no("a conversation has no threads", "https://docs.github.com/en/rest/issues/comments"),
        gitlab=yes("", "https://docs.gitlab.com/api/discussions/#resolve-a-merge-request-thread"),
        cloud=no("a comment that is no task keeps nobody from merging", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=no(
            "a comment that is no task keeps nobody from merging", f"{DATA_CENTER_API}/api-group-pull-requests/"
        ),
        local=NOT_HERE,
    ),
)

_PEOPLE = (
    feature(
        "forks",
        "people may propose changes from their own copy",
        github=yes("", "https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/working-with-forks"),
        gitlab=yes("", "https://docs.gitlab.com/user/project/repository/forking_workflow/"),
        cloud=yes("", "https://support.atlassian.com/bitbucket-cloud/docs/fork-a-repository/"),
        data_center=yes("", f"{DATA_CENTER_API}/api-group-repository/"),
        local=no("who may only read pushes to refs/proposals/<login>/ instead"),
    ),
    feature(
        "contributors",
        "it knows of whom something was merged before",
        github=yes("", "https://docs.github.com/en/graphql/reference/enums#commentauthorassociation"),
        gitlab=yes("", "https://docs.gitlab.com/api/merge_requests/#get-single-mr"),
        cloud=yes("by the list of what was merged", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=yes("by the list of what was merged", f"{DATA_CENTER_API}/api-group-pull-requests/"),
        local=yes(),
    ),
    feature(
        "forks_commits",
        "the commits of a fork's pull request can be run",
        github=yes(
            "",
            "https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/checking-out-pull-requests-locally",
        ),
        gitlab=yes("", "https://docs.gitlab.com/user/project/merge_requests/versions/#merge-request-refs"),
        cloud=yes("from the fork, if everybody may read it", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=yes("", "https://confluence.atlassian.com/bitbucketserver/pull-requests-776639997.html"),
        local=no("it has no forks"),
    ),
    feature(
        "forks_statuses",
        "statuses are shown on the commits of a fork's pull request",
        github=yes("", "https://docs.github.com/en/rest/commits/statuses"),
        gitlab=yes("", "https://docs.gitlab.com/api/commits/#set-commit-pipeline-status"),
        cloud=no("they are in the fork alone: the comment tells", f"{CLOUD_API}/api-group-commit-statuses/"),
        data_center=yes("", f"{DATA_CENTER_API}/api-group-builds-and-deployments/"),
        local=no("it has no forks"),
    ),
    feature(
        "merges",
        "it knows which pull request a merge commit came from",
        github=yes("", "https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit"),
        gitlab=yes("", "https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit"),
        cloud=no("it tells of commits that were reviewed, not of the merge", f"{CLOUD_API}/api-group-pullrequests/"),
        data_center=no(
            "it tells of commits that were reviewed, not of the merge", f"{DATA_CENTER_API}/api-group-repository/"
        ),
        local=yes(),
    ),
    feature(
        "teams",
        "approvers can be teams",
        github=yes("teams of an organization", "https://docs.github.com/en/rest/teams/members"),
        gitlab=yes("groups, with their subgroups' members", "https://docs.gitlab.com/api/group_members/"),
        cloud=yes("groups of the workspace", "https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/"),
        data_center=yes("groups of the host", f"{DATA_CENTER_API}/api-group-permission-management/"),
        local=yes("teams of the host"),
    ),
)

FEATURES: tuple[Feature, ...] = (*_DELIVERIES, *_TOLD, *_PEOPLE)

_BY_NAME = {each.name: each for each in FEATURES}


def has(host: str, name: str) -> Answer:
    """What the host has of the feature. Raises KeyError for a feature that is not in the table."""
    return _BY_NAME[name].answers[host]
