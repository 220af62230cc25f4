"""Files that break a rule of what starts a pipeline: triggers, times, webhooks. A row: the rule, the file, where that is told, and words of it."""

from tests.definition.rules.files import BUILT, hook

RULES = [
    # Section 7.5: webhooks.
    *(
        (f"a webhook {name}", hook(text), f"triggers.webhooks[0]{path}", reason)
        for name, text, path, reason in (
            ("of hmac needs a secret", "{name: w, authentication: hmac}", "", "needs `secret`"),
            ("of ip needs ranges", "{name: w, authentication: ip}", "", "needs `allowed_ips`"),
            ("of none has no secret", "{name: w, authentication: none, secret: K}", ".secret", "has no `secret`"),
            (
                "of hmac has no ranges",
                "{name: w, authentication: hmac, secret: K, allowed_ips: 10.0.0.0/8}",
                ".allowed_ips",
                "has no `allowed_ips`",
            ),
            ("names a secret that is there", "{name: w, authentication: hmac, secret: L}", ".secret", "no secret `L`"),
            (
                "has ranges of addresses",
                "{name: w, authentication: ip, allowed_ips: [10.0.0.1/8]}",
                ".allowed_ips[0]",
                "no range",
            ),
            (
                "sets variables that are declared",
                "{name: w, authentication: none, variables: {X: $.x}}",
                ".variables.X",
                "no variable `X`",
            ),
            (
                "has paths",
                "{name: w, authentication: none, filters: [{path: ref}]}",
                ".filters[0].path",
                "it cannot be read",
            ),
            (
                "has paths without conditions",
                "{name: w, authentication: none, filters: [{path: '$.a[?@.b]'}]}",
                ".filters[0].path",
                "it has a condition",
            ),
            (
                "has paths that are quickly looked up",
                "{name: w, authentication: none, filters: [{path: '$..a..b'}]}",
                ".filters[0].path",
                "more than once",
            ),
            (
                "has templates that stand for something",
                "{name: w, authentication: none, filters: [{path: $.a, equals: 'x{colour}'}]}",
                ".filters[0].equals",
                "stands for nothing",
            ),
            ("is for a source", "{name: w, authentication: none, source: s}", ".source", "no source action `s`"),
            (
                "has at most five filters",
                f"{{name: w, authentication: none, filters: [{', '.join(['{path: $.a}'] * 6)}]}}",
                ".filters",
                "6 entries",
            ),
        )
    ),
    (
        "a webhook's name is its own",
        BUILT + "\ntriggers: {webhooks: [{name: w, authentication: none}, {name: w, authentication: none}]}",
        "triggers.webhooks[1].name",
        "used twice",
    ),
    # Triggers, cron, globs.
    (
        "the same filter twice",
        "triggers: {push: [{branches: a}, {branches: a}]}\n" + BUILT,
        "triggers.push[1]",
        "given twice",
    ),
    ("a filter that is false", "triggers: {push: false}\n" + BUILT, "triggers.push", "must be filters"),
    ("a malformed glob", "triggers: {push: {tags: ['v[']}}\n" + BUILT, "triggers.push.tags[0]", "malformed"),
    (
        "an unknown event",
        "triggers: {pull_request: {events: [merged]}}\n" + BUILT,
        "triggers.pull_request.events[0]",
        "cannot be `merged`",
    ),
    (
        "a cron of six fields",
        "triggers: {schedule: ['0 0 0 * * *']}\n" + BUILT,
        "triggers.schedule[0]",
        "6 fields, and needs 5",
    ),
    (
        "a cron that is none",
        "triggers: {schedule: ['0 25 * 13 *']}\n" + BUILT,
        "triggers.schedule[0]",
        "malformed in its hour and its month",
    ),
    ("a day that never comes", "triggers: {schedule: ['0 0 31 2 *']}\n" + BUILT, "triggers.schedule[0]", "never comes"),
    (
        "an unknown time zone",
        "triggers: {schedule: [{cron: '0 0 * * *', timezone: Europe}]}\n" + BUILT,
        "triggers.schedule[0].timezone",
        "unknown",
    ),
    (
        "a time zone that is a path",
        "triggers: {schedule: [{cron: '0 0 * * *', timezone: ../../etc/passwd}]}\n" + BUILT,
        "triggers.schedule[0].timezone",
        "unknown",
    ),
    (
        "a pipeline that starts itself",
        "name: a\ntriggers: {pipelines: [a]}\n" + BUILT,
        "triggers.pipelines[0]",
        "start itself",
    ),
]
