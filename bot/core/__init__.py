"""The pure heart: facts in, `decide`, orders out. One file a noun. Nothing here knows a clock, a network, a database or a file."""
