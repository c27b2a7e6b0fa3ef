"""Figures that anyone can recompute, and open data."""
