"""Every sentence that a user reads: statuses, comments, refusals, answers. Pure functions of model values.

`words` says how things are called and put, for pages and the terminal too; `text` fits plain text to a size; `markdown`
makes whatever strangers wrote harmless inside a comment. Nothing here decides, asks a host, or reads a clock.
"""
