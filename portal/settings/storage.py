"""Static files, public media, and the private folder that no web server reaches."""

from portal import environment

from .apps import STAGE

VAR = environment.var_folder()
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [environment.ROOT / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
PRIVATE_ROOT = VAR / "private"
# The switch for work on the portal (`manage.py maintenance`): where every web process of the machine sees it, and no backup has it.
MAINTENANCE_FILE = environment.text("MAINTENANCE_FILE", str(VAR / "maintenance.json"))
# Hashed names need collectstatic; tests and a bare runserver do without.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STAGE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
