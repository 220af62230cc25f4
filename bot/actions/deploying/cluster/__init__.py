"""Deployments to Kubernetes clusters: a repository's manifests, applied to a cluster of the operator's.

One file a concern: `action` sees one through, `manifests` has what is applied, `plan` what of it may be and in which order, `applying` says so to the
cluster, `fields` leaves out what is others', `waiting` sees each object to the end of its rollout, `pods` why one does not get there, `pruning` what is to go, `rollout` is all of these one after
another, `rollback` brings back what was there. How far it is, is kept as deployments to servers are: `told`, beside this folder.
"""
