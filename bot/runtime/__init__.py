"""The loops around the core: deliveries in (inbox, intake), decisions (engine), effects out (outbox, actions, reports)."""
