"""TODO(founders, #2): docstring."""
