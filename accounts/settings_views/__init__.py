"""Pages of the settings, by subject."""
