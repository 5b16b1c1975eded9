"""Checks, explains and completes routes."""
