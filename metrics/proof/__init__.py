"""Why a figure is right: its lineage, closes, restatements, reconciliation, the audit pack."""
