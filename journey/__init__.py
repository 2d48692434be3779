"""Where customers are: tracks, stages, plans, playbooks, tasks."""
