"""Keep each patron's current loans and requests in tables, from Alma's events."""
