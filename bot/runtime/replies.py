"""Answers to people: a reaction for a command that was taken, words for one that was refused, and for questions."""

from collections.abc import Mapping

from bot.core.effects import Acknowledge, Refuse, Say
from bot.messages.refusals import refusal_text
from bot.model.host_event import CommentRef
from bot.ports import Provider

TAKEN = "+1"
REFUSED = "confused"


class Replies:
    """Answers in the thread of the comment, at most once a comment: the answer carries a marker by which it is found again."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    async def acknowledge(self, effect: Acknowledge, _key: str) -> bool:
        """A button has no comment to react to: what it does is seen."""
        if effect.comment.id:
            await self._provider(effect.comment).react(effect.comment, TAKEN)
        return False

    async def refuse(self, effect: Refuse, _key: str) -> bool:
        prefix = self._provider(effect.comment).limits.command_prefix
        await self._answer(effect.comment, refusal_text(effect.refusal, prefix))
        if self._provider(effect.comment).limits.reactions and effect.comment.id:
            # Where one would be a further comment, the words are enough.
            await self._provider(effect.comment).react(effect.comment, REFUSED)
        return False

    async def say(self, effect: Say, _key: str) -> bool:
        await self._answer(effect.comment, effect.text)
        return False

    async def _answer(self, comment: CommentRef, text: str) -> None:
        marker = f"<!-- penstock:answer:{comment.id} -->"
        await self._provider(comment).put_comment(
            comment.repository, comment.thread, marker, f"{marker}\n{text}", in_reply_to=comment.id
        )

    def _provider(self, comment: CommentRef) -> Provider:
        return self._providers[comment.repository.provider]
