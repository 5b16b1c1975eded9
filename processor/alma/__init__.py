"""The content of Alma's webhooks: bodies, events and the objects in them."""
