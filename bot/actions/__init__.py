"""Action types: what a `run` (later a build, deploy, invoke) action does. Where it does it is an executor's affair."""
