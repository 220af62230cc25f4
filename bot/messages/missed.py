"""What is said of what was found by looking, after nobody had told of it; and of what is told too late."""

FOUND = "found by looking, since no delivery told of it"

TOLD_MEANWHILE = "what was found by looking has been told, or overtaken, since"
FOUND_BEFORE = "it was found by looking before it was told"
MOVED_ON = "it came late, and is no longer so"
