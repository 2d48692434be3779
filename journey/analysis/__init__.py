"""How customers flow through the stages: rates, velocity, causes."""
