"""A host that was taken out of the file: what is known of its repositories stays, and whatever needs it is refused in words, tried no more."""

import pytest

from bot.ports import HostRefused, Providers


def test_a_host_that_is_not_configured_refuses_and_is_not_there() -> None:
    providers = Providers()
    with pytest.raises(HostRefused, match="The host lab is not configured"):
        providers["lab"]
    assert providers.get("lab") is None
    assert "lab" not in providers
    assert not providers
