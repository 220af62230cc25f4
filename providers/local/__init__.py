"""The embedded Git host (`host/`) and the adapter through which the bot speaks to it (`provider.py`)."""
