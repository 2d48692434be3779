"""What was planned, and what people say beside the figures."""
