"""Tests of the journey floor."""
