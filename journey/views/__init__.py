"""Pages of the journey floor."""
