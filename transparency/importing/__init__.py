"""Import of plans and lists from CSV: natural keys, every bad row and column told, nothing half done."""

from foundation.imports import Problem

from .resources import KINDS, Report, read

__all__ = ["KINDS", "Problem", "Report", "read"]
