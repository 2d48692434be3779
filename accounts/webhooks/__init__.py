"""Webhooks: what happens here is told to the customer's own systems, signed, at least once, with a log (API-03, TRG-21)."""
