"""Alma's side of the protocol: client, challenge, samples, retry schedule."""
