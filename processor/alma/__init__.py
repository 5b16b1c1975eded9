"""What Alma's webhooks say: bodies, events, the objects in them."""
