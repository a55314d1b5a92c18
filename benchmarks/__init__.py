"""Measurements; each prints the table that the documents quote."""
