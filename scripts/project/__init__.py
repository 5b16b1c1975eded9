"""A library's own folder: its configuration, its routes and everything they name."""
