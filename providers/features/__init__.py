"""What each Git host can show and do, as data: its limits, and what it has of everything that differs from host to host.

Differences between hosts are read here, by the providers, the stories and the README; they are never asked for by name elsewhere.
"""

from providers.features.answers import Answer, Feature
from providers.features.limits import LIMITS
from providers.features.table import FEATURES, HOSTS, has

__all__ = ["FEATURES", "HOSTS", "LIMITS", "Answer", "Feature", "has"]
