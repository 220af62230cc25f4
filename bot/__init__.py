"""Penstock: AWS CodePipeline's whole model as a bot for Git hosts. The code map is in README.md beside this file."""
