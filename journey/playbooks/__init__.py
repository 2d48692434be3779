"""What follows a cause: playbooks, plays, dry runs."""
