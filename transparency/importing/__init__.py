"""Import of plans and lists from CSV: natural keys, every bad row and column told, nothing half done."""

from .resources import KINDS, Problem, Report, read

__all__ = ["KINDS", "Problem", "Report", "read"]
