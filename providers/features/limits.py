"""How much each Git host can show, and in which way: a row a host."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.ports import HostLimits

LIMITS: Mapping[str, HostLimits] = MappingProxyType(
    {
        # A longer description is a validation error: https://docs.github.com/en/rest/commits/statuses
        # A longer comment too ("body is too long (maximum is 65536 characters)").
        # Of these hosts alone the first delivery is a ping: https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping
        # Check runs are for GitHub Apps alone: https://docs.github.com/en/rest/checks/runs#create-a-check-run
        "github": HostLimits(
            description=140,
            comment=65536,
            reactions=True,
            folding=True,
            pings=True,
            # X-GitHub-Hook-Installation-Target-ID: https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
            names_hook=True,
            checks=True,
        ),
        # Longer ones are validation errors: https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics
        # Bare commands are quick actions, which GitLab takes for itself: https://docs.gitlab.com/user/project/quick_actions/
        "gitlab": HostLimits(
            description=255,
            comment=1_000_000,
            reactions=True,
            folding=True,
            # No transition from running to running: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
            ends_to_retell=True,
            command_prefix="/penstock ",
        ),
        # What is longer is a validation error; 32768 characters of a comment on either. No HTML, so nothing folds.
        # Cloud has no reactions (BCLOUD-20795): a reply that is one emoji stands for one.
        "bitbucket": HostLimits(description=255, comment=32767, reactions=False, folding=False),
        "bitbucket-dc": HostLimits(description=255, comment=32767, reactions=True, folding=False),
        "local": HostLimits(description=255, comment=65536, reactions=True, folding=True, pings=True),
    }
)
