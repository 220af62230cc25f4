"""The targets of notifications, put together from the settings. What is sent to them is `notifications`' affair."""

from contextlib import AsyncExitStack

from bot.endpoints.outside import Outside
from bot.notifications.targets import TargetInvalid, Targets
from bot.ports import Clock
from bot.settings import Settings, SettingsInvalid


def notification_targets(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Targets:
    """Raises SettingsInvalid."""
    outside = Outside()
    stack.push_async_callback(outside.close)
    urls = {name: url.get_secret_value() for name, url in settings.notify_targets.items()}
    secrets = {name: secret.get_secret_value() for name, secret in settings.notify_secrets.items()}
    try:
        return Targets(outside, clock, urls, secrets)
    except TargetInvalid as error:
        raise SettingsInvalid(f"PENSTOCK_NOTIFY_TARGETS: {error}") from None
