"""The `source` action: a further source besides the pushed commit. One file a kind of source, and who may read what; no kind starts anything."""
