"""The pages of Insights: movements, cohorts, clocks, economics, surveys, scenario, references."""
