"""Setia: the project that puts the floors together."""
