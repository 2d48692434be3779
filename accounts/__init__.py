"""Who: tenants, people, customers, subscriptions and the way in."""
