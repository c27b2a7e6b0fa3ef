"""Foundation: what all applications stand on."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Registries, PDF, QR, safe CSV; no models of its own."""

    name = "foundation"
