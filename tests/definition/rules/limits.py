"""Files that break a rule of names, lengths and counts. A row: the rule, the file, where that is told, and words of it."""

from tests.definition.rules.files import BUILT, LONG, RUN, stage

RULES = [
    # Section 1.1: names, lengths, counts.
    ("names have a pattern", f"name: 'a b'\n{BUILT}", "name", "cannot be `a b`"),
    ("names have a length", f"name: {LONG}\n{BUILT}", "name", "101 characters long, and may have at most 100"),
    ("names are not empty", f"name: ''\n{BUILT}", "name", "empty"),
    ("names are no folders", f"name: ..\n{BUILT}", "name", "dots alone"),
    (
        "artifact names have a pattern",
        stage("{name: a, run: b, outputs: {a.b: x}}"),
        "stages[0].actions[0].outputs[`a.b`]",
        "cannot be `a.b`",
    ),
    (
        "namespaces have a pattern",
        stage("{name: a, run: b, namespace: a.b}"),
        "stages[0].actions[0].namespace",
        "cannot be `a.b`",
    ),
    ("variables have a pattern", f"variables: {{'a b': c}}\n{BUILT}", "variables[`a b`]", "cannot be `a b`"),
    ("variables have a length", f"variables: {{A: {'x' * 1001}}}\n{BUILT}", "variables.A", "1001 characters"),
    (
        "descriptions have a length",
        f"variables: {{A: {{description: {'x' * 201}}}}}\n{BUILT}",
        "variables.A.description",
        "201 characters",
    ),
    (
        "at most 50 variables",
        "variables: {" + ", ".join(f"V{n}: x" for n in range(51)) + "}\n" + BUILT,
        "variables",
        "51 entries, and may have at most 50",
    ),
    (
        "at most 50 commands",
        stage("{name: a, run: [" + "b, " * 51 + "]}"),
        "stages[0].actions[0].run",
        "51 entries, and may have at most 50",
    ),
    ("at least one command", stage("{name: a, run: []}"), "stages[0].actions[0].run", "nothing in it"),
    (
        "at most 3 push filters",
        "triggers: {push: [{branches: a}, {branches: b}, {branches: c}, {branches: d}]}\n" + BUILT,
        "triggers.push",
        "at most 3",
    ),
    (
        "at most 8 patterns",
        "triggers: {push: {branches: [a, b, c, d, e, f, g, h, i]}}\n" + BUILT,
        "triggers.push.branches",
        "at most 8",
    ),
    (
        "patterns have a length",
        f"triggers: {{push: {{branches: [{'x' * 256}]}}}}\n{BUILT}",
        "triggers.push.branches[0]",
        "256 characters",
    ),
    (
        "at most 50 triggers",
        "triggers: {push: true, schedule: [" + "'0 0 * * *', " * 50 + "]}\n" + BUILT,
        "triggers",
        "51 triggers, and may be at most 50",
    ),
    (
        "at most 5 rules",
        stage(RUN, ", before_entry: {rules: [" + ", ".join(f"{{name: r{n}, check: 1 < 2}}" for n in range(6)) + "]}"),
        "stages[0].before_entry.rules",
        "at most 5",
    ),
    ("at least one rule", stage(RUN, ", before_entry: {rules: []}"), "stages[0].before_entry.rules", "nothing in it"),
    (
        "at most 50 environment variables",
        stage("{name: a, run: b, env: {" + ", ".join(f"V{n}: x" for n in range(51)) + "}}"),
        "stages[0].actions[0].env",
        "at most 50",
    ),
    (
        "environment variables of the bot are its own",
        stage("{name: a, run: b, env: {PENSTOCK_X: y}}"),
        "stages[0].actions[0].env.PENSTOCK_X",
        "reserved",
    ),
    (
        "environment variables have a pattern",
        stage("{name: a, run: b, env: {A-B: y}}"),
        "stages[0].actions[0].env.A-B",
        "cannot be `A-B`",
    ),
]
