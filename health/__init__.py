"""How customers do: usage, engagement, support, outcomes, and the score that weighs them."""
