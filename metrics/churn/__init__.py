"""Who left, where, and why."""
