"""Targets of deliveries. Each module sends one kind of delivery to AWS."""
