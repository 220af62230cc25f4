"""What keeps the bot safe: keys and sealed secrets (later policies, the audit log). Verifying deliveries is each provider's affair."""
