"""Alma's side of the webhook protocol: client, challenge, samples, retry policy."""
