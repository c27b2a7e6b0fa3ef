"""Backup and restore: one encrypted file with the database, the files and the keys (docs/operations.md)."""
