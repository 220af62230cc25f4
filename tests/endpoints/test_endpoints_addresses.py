"""Which addresses a stranger's endpoint may have, once its name is resolved. How addresses may be written is told in the stories of rules."""

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.endpoints.outside import _PublicOnly


@pytest.mark.parametrize("inside", ["10.0.0.1", "::1", "169.254.169.254", "fe80::1%eth0"])
async def test_a_name_with_one_address_inside_is_not_asked_at_all(inside: str) -> None:
    """It might be the one that is connected to."""

    class Names(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = ["8.8.8.8", *([inside] if host == "both.example" else [])]
            return [
                {"hostname": host, "host": each, "port": port, "family": family, "proto": 0, "flags": 0}
                for each in found
            ]

        async def close(self) -> None: ...

    names = _PublicOnly(Names())
    assert len(await names.resolve("good.example", 443)) == 1
    with pytest.raises(OSError, match="no public address"):
        await names.resolve("both.example", 443)
