"""Kubernetes clusters: the operator's file of them, and one spoken to over its API. What is deployed there is the deploy action's affair."""
