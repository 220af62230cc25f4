"""A small, real Git host: bare repositories over smart HTTP, people, pull requests, comments, statuses, webhooks, pages.

It knows nothing of pipelines. The bot is one of its users, told of what happens by webhooks over HTTP.
"""
