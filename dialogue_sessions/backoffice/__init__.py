"""The back office of dialogues and reception days in Wagtail's admin."""
