"""What runs on a target: Python's own library only, since nothing is installed there. Sent over the connection, run, and gone again.

`main` takes orders and answers them, `archive` receives revisions and remembers them, `plan` says what an installation would do, `install` does it,
`releases` does the same in a folder for each deployment, `permissions` gives what was copied its modes and owners, `scripts` runs hooks, `balancer` writes a
balancer's file, `look` says whether the target is fit for all that. No file here imports anything of Penstock's but its neighbours.
"""

MODULES = (
    "failure",
    "state",
    "archive",
    "plan",
    "permissions",
    "install",
    "releases",
    "scripts",
    "balancer",
    "look",
    "main",
)
"""In the order in which they need each other."""
