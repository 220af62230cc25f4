"""What an `invoke` action does, but for starting pipelines, which the runtime does: `endpoint` asks over HTTP, `program` is one of the commit's."""
