"""Contracts coming due: timeline, risk, forecast, save plays."""
