"""GitLab (gitlab.com and self-managed): webhooks in, statuses, notes and questions out through python-gitlab."""
