"""The `deploy` action: a folder for each form that it has in a pipeline file. `action` chooses by the form; nothing else here knows them all."""
