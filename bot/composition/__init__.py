"""The composition roots: the places that name concrete adapters and put them together, and nothing else does. They hold no logic of their own.

`bot` is the whole bot, `run` what `penstock run` needs; the other files are what these and some subcommands share, a file a matter.
Nothing is imported here, so that a subcommand loads only what it needs.
"""
