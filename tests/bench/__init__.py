"""Benchmarks: each figure is a ratio against a floor that is measured in the same run. `make bench` runs them; no test does."""
