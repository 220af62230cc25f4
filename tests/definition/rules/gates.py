"""Files that break a rule of approvals, rules and conditions, and the values that they and others name. A row: the rule, the file, where that is told, and words of it."""

from tests.definition.rules.files import BUILT, RUN, stage

RULES = [
    # Approvals.
    (
        "APR-7 at least 5 minutes",
        stage("{name: a, approve: {timeout: 4m59s}}"),
        "stages[0].actions[0].approve.timeout",
        "from 5 minutes",
    ),
    (
        "APR-7 at most 60 days",
        stage("{name: a, approve: {timeout: 5184001}}"),
        "stages[0].actions[0].approve.timeout",
        "to 60 days",
    ),
    ("a count of people", stage("{name: a, approve: {count: 0}}"), "stages[0].actions[0].approve.count", "at least 1"),
    (
        "people who can be asked",
        stage("{name: a, approve: {by: ada}}"),
        "stages[0].actions[0].approve.by",
        "cannot be `ada`",
    ),
    (
        "more people than are named",
        stage("{name: a, approve: {by: ['user:ada'], count: 2}}"),
        "stages[0].actions[0].approve.count",
        "names only 1",
    ),
    (
        "two timeouts",
        stage("{name: a, approve: {timeout: 1h}, timeout: 2h}"),
        "stages[0].actions[0].timeout",
        "given twice",
    ),
    (
        "an approval's short timeout on the action",
        stage("{name: a, approve: {}, timeout: 10s}"),
        "stages[0].actions[0].timeout",
        "from 5 minutes",
    ),
    # Rules and conditions.
    (
        "a rule asks something",
        stage(RUN, ", before_entry: {rules: [{name: r}]}"),
        "stages[0].before_entry.rules[0]",
        "asks for nothing",
    ),
    (
        "a rule asks one thing",
        stage(RUN, ", before_entry: {rules: [{name: r, check: 1 < 2, invoke: b}]}"),
        "stages[0].before_entry.rules[0].invoke",
        "given together",
    ),
    (
        "rule names differ",
        stage(RUN, ", before_entry: {rules: [{name: r, check: 1 < 2}, {name: r, check: 1 < 2}]}"),
        "stages[0].before_entry.rules[1].name",
        "used twice",
    ),
    (
        "a mode needs a retry",
        stage(RUN, ", on_failure: {result: fail, retry_mode: all}"),
        "stages[0].on_failure.retry_mode",
        "only for the result `retry`",
    ),
    # Values.
    (
        "a path inside the repository",
        stage("{name: a, build: ../x.yml}"),
        "stages[0].actions[0].build",
        "leaves the repository",
    ),
    ("a boolean of YAML 1.2", f"checkout: {{lfs: yes}}\n{BUILT}", "checkout.lfs", "the text `yes`"),
    ("a number that is one", f"checkout: {{depth: 1.5}}\n{BUILT}", "checkout.depth", "not a depth"),
    (
        "a whole number",
        stage("{name: a, run: b, run_order: 1.5}"),
        "stages[0].actions[0].run_order",
        "whole number, and is `1.5`",
    ),
    (
        "a key that stands elsewhere",
        stage("{name: a, run: b, environment: c}"),
        "stages[0].actions[0].environment",
        "Unknown key",
    ),
]
