"""`penstock doctor`: `command` asks every file beside it what it finds; each finding names its remedy."""
