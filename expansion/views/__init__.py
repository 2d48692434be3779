"""Pages of the expansion floor."""
