"""What was agreed with customers: plans, milestones, links."""
