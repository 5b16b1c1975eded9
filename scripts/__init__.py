"""Operators' and developers' tools behind one command, `alma-webhooks`. Nothing here is shipped to Lambda."""
