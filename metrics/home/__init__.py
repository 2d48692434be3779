"""The day and the week."""
