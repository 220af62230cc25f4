"""CODEOWNERS: where the file is, what its lines say, who owns which files. Pure: text in, groups of owners out."""

from bot.owners.grammar import Grammar, Rule, Rules, read
from bot.owners.groups import UnprovableOwners, groups
from bot.owners.places import grammar_of, places

__all__ = ["Grammar", "Rule", "Rules", "UnprovableOwners", "grammar_of", "groups", "places", "read"]
