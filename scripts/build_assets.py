"""Builds the stylesheet. Called by `make setup`."""
