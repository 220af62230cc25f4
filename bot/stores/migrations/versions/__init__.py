"""One file a step. A step that was released never changes, and names no table object: those are of the newest version."""
