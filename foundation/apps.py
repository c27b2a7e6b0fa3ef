"""Foundation: what all applications stand on."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Registries, PDF, QR, safe CSV, and the stamp of what is public."""

    name = "foundation"
