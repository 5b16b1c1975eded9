"""Targets: where deliveries go. Each module sends one kind of delivery to AWS; none knows routes or keeps a record."""
