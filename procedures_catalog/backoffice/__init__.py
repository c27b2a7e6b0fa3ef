"""The editors' back office of the catalogue: views behind `viewsets.py` and `wagtail_hooks.py`."""
