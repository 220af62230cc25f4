"""Where jobs run: one file a way. What a job is for is the action's affair, where its output goes the log's."""
