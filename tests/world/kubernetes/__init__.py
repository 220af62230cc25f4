"""A cluster for stories: an API server on loopback as strict as a real one, and controllers that end every rollout at once, as images' tags say."""
