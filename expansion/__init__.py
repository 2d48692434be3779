"""Where customers can grow: triggers, white space, pipeline."""
