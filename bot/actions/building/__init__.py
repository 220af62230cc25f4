"""The `build` and `test` actions: a repository's own buildspec, run as CodeBuild runs it.

One file a concern: `action` sees one build through, `driver` writes what its shell works off, `environment` has its variables, `stored` its
parameters and secrets, `spec` finds its buildspec, `reach` its files, `collect` makes its artifacts of them, `ended` reads what became of it.
"""
