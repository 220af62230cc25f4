"""What follows from a host's event: pushes and pull requests start executions (`changes`), comments command (`comments`)."""
