"""Action logs: written as the output comes, bounded, masked, read while they grow. What is in them is nobody's business here."""
