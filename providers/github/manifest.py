"""A GitHub App made from a manifest: what the form holds, and what GitHub gives for the code that it sends the browser back with.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import asyncio
import json
import time
from typing import Any
from urllib.parse import quote, urlencode

from github import Github
from pydantic import ValidationError

from bot.ports import AppForm, HostRefused, HostUnavailable
from providers.base.payloads import Id, Model
from providers.github.client import API_VERSION
from providers.github.errors import translated
from providers.github.sign_in import EVENTS, FURTHER_EVENTS, NEEDED

QUEUES = {"merge_queues": "read"}
"""For the event `merge_group`."""

TIMEOUT = 15


class Conversion(Model):
    """The App with its secrets: https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest."""

    id: Id
    slug: str
    client_id: str
    client_secret: str
    webhook_secret: str
    pem: str


def form(url: str, bot_url: str, name: str, organization: str, state: str) -> AppForm:
    """For the GitHub at `url`, of a bot that is reached at `bot_url`."""
    manifest: dict[str, Any] = {
        "name": name,
        "url": bot_url,
        "hook_attributes": {"url": f"{bot_url}/webhooks/github", "active": True},
        "redirect_url": f"{bot_url}/setup/github/made",
        "public": False,
        "default_permissions": {**NEEDED, **QUEUES},
        "default_events": sorted({*EVENTS, *FURTHER_EVENTS}),
    }
    owner = f"organizations/{quote(organization, safe='')}" if organization else ""
    place = f"{url}/{owner}{'/' if owner else ''}settings/apps/new?{urlencode({'state': state})}"
    return AppForm(place, json.dumps(manifest))


async def convert(api_url: str, code: str, ca_bundle: str) -> Conversion:
    """Once only, within the hour, and without signing in. Raises ProviderError."""
    return await asyncio.to_thread(_convert, api_url, code, ca_bundle)


def _convert(api_url: str, code: str, ca_bundle: str) -> Conversion:
    github = Github(
        base_url=api_url,
        timeout=TIMEOUT,
        user_agent="penstock",
        retry=None,
        verify=ca_bundle or True,
        api_version=API_VERSION,
    )
    try:
        _, answer = github.requester.requestJsonAndCheck("POST", f"/app-manifests/{quote(code, safe='')}/conversions")
        return Conversion.model_validate(answer)
    except ValidationError:
        raise HostUnavailable("GitHub's answer could not be understood: it is no App") from None
    except Exception as error:
        told = translated(error, None, time.time())
        if told is None:
            raise
        raise (
            HostRefused("GitHub does not know this code, or no longer") if isinstance(told, HostRefused) else told
        ) from None
    finally:
        github.close()
