"""Bitbucket, Cloud and Data Center: signed webhooks in, build statuses, comments and questions out.

The two share a name, a signature and little else: what differs is in `cloud` and `data_center`, a module a concern in each,
and what is the same is here, once. The client is our own, on aiohttp: atlassian-python-api blocks, is not typed, follows
whatever `next` address an answer holds, and would be used for a dozen addresses.
"""
