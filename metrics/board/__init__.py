"""The board as it is printed, presented and sent."""
