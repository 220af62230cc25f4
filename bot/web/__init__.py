"""The web: webhooks in, pages and live logs out, health and metrics. It shows and hands over; it decides nothing."""
