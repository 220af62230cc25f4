"""Deployment targets: which there are and who may deploy to them, how they are reached, and the program that does the work there."""
