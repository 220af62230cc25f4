"""Pipelines to CodePipeline's own structure, version V2, as `aws codepipeline create-pipeline` takes it. Reads and writes no file.

`pipeline` puts it together, `actions` and `conditions` translate what is in a stage. What has no equivalent there is told.
"""

from bot.definition.exporter.naming import Names
from bot.definition.exporter.pipeline import Export, export_pipeline

__all__ = ["Export", "Names", "export_pipeline"]
