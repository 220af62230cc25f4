"""Bitbucket Data Center: its payloads, its REST API 1.0, its people."""
