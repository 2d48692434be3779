"""What it adds up to: the MRR ledger, retention, cohorts and the dashboards."""
