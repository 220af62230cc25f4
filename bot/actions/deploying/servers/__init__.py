"""Deployments to servers: a repository's own appspec, carried out on its targets as CodeDeploy carries it out.

One file a concern: `action` sees one through, `bundle` finds what is deployed, `orders` says what a target is told of it, `rollout` goes from target to target,
`lifecycle` takes one target through its events, `rollback` brings back what was there, `told` keeps and tells how far it is.
"""
