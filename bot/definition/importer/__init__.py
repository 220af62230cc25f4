"""CodePipeline's own definitions, `get-pipeline` JSON and CloudFormation templates, to the pipeline file. Reads no file itself.

`reading` tells the formats apart, `template` works out a CloudFormation template, `rules` check CodePipeline's own rules,
`pipeline` converts, `writer` writes the result as text, and `report` is what `penstock import` shows.
"""

from bot.definition.importer.reading import is_foreign, mend, read_foreign
from bot.definition.importer.report import Import, import_pipelines
from bot.definition.importer.translate import Translation, translate

__all__ = ["Import", "Translation", "import_pipelines", "is_foreign", "mend", "read_foreign", "translate"]
