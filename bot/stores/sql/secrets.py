"""What is secret, always wrapped with a master key."""

from collections.abc import Collection, Sequence

from bot.ports import KeptSecret, SealingKey
from bot.stores import kept_secrets, sealing_keys
from bot.stores.sql.opened import Opened


class Secrets(Opened):
    async def sealing_keys(self) -> list[SealingKey]:
        """The oldest first."""
        return await self._reader.read(sealing_keys.read)

    async def keep_sealing_keys(self, keys: Sequence[SealingKey]) -> None:
        await self._writer.write(lambda t: sealing_keys.write(t, keys))

    async def kept_secrets(self) -> list[KeptSecret]:
        """In the order of their names."""
        return await self._reader.read(kept_secrets.read)

    async def keep_secrets(self, secrets: Sequence[KeptSecret]) -> None:
        """Each in the place of one of its name."""
        await self._writer.write(lambda t: kept_secrets.write(t, secrets))

    async def forget_secrets(self, names: Collection[str]) -> None:
        await self._writer.write(lambda t: kept_secrets.forget(t, names))
