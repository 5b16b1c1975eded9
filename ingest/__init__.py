"""Ingest, Lambda 1: verifies the signature of a webhook and queues its raw body. Uses the standard library only."""
