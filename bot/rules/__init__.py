"""How each kind of rule is evaluated, one file a kind; all behind the port `RuleType`. What follows from it is the core's to decide."""
