"""Tests of the expansion floor."""
