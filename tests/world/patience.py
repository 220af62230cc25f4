"""How long tests wait for what never comes, which fails them. What comes late on a busy machine is waited for."""

PATIENCE = 120.0
"""Seconds: a machine ten times as busy as one that has the suite for itself takes less over anything here."""
