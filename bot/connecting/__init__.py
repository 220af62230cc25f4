"""Connecting a repository: its webhook made, repaired, removed and checked on its host. How a host is asked is its provider's affair."""
