"""Ingest, Lambda 1: verifies a webhook's signature and queues its raw body; never parses it. Standard library only."""
