"""The metrics explorer: any metric by any dimension."""
