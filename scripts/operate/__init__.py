"""The operator's room: what explains and mends a running pipeline. Deploys nothing."""
