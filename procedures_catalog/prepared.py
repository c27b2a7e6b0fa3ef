"""Prepared queries and what is made of their answers: see `foundation.prepared`, where every application takes them from."""

from foundation.prepared import Marks, Prepared, Statement, Store, answers, fingerprint, rows, together

__all__ = ["Marks", "Prepared", "Statement", "Store", "answers", "fingerprint", "rows", "together"]
