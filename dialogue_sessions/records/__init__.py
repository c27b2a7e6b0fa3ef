"""The back office of promises, minutes, cases and conclusion notices."""
