"""The back office of the organisation in Wagtail's admin."""
