"""GitHub (and GitHub Enterprise Server): signed webhooks in, statuses, comments and questions out through PyGithub."""
