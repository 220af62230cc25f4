"""Where notifications go: chats and mail through Apprise, events as CloudEvents. What they say is `bot/messages`' business."""
