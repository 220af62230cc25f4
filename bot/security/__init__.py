"""What keeps the bot safe: keys (later sealed secrets, policies, the audit log). Verifying deliveries is each provider's affair."""
