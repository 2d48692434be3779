"""The kernel: what every app stands on and what knows no app. One noun for each module."""
