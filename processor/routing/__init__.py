"""The route language: models, checks, patterns, conditions, templates, router."""
