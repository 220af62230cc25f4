"""Deployments by Git (GitOps): `action` does one, `proposals` as a pull request, of a `change`. Which repositories may be changed says `grants`, how values in files are set `values` (in what
`documents` reads), what the files become `edits`, what the commit and the pull request say `words`.
"""
