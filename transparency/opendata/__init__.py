"""Whole tables as files: made by a job, described for people and machines, the same address for ever."""
