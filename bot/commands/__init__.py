"""What people write in comments, as commands: read from Markdown, made into values, addressed to executions.

Nothing here asks a host, knows who may do what, or decides what follows: that is the runtime's and the core's affair.
"""
