"""Processor, Lambda 2: turns one queued envelope into deliveries by the routes. Never talks to Alma."""
