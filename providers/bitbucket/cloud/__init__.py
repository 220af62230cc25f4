"""Bitbucket Cloud: its payloads, its API 2.0, its people."""
