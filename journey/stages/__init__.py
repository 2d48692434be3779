"""Where customers are: tracks, stages, criteria, targets, regressions."""
