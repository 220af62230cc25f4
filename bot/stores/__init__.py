"""Where everything durable is kept: the SQL store, its schema and migrations, and the store in memory for tests.

What must be kept is `bot.ports.Store`'s affair; nothing here decides anything.
"""
