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
PRIVATE_FILES_ROOT = PRIVATE_ROOT / "files"  # what citizens sent, sealed; in the backup with the rest of the folder
# The switch for work on the portal (`manage.py maintenance`): where every web process of the machine sees it, and no backup has it.
MAINTENANCE_FILE = environment.text("MAINTENANCE_FILE", str(VAR / "maintenance.json"))
# Hashed names need collectstatic; tests and a bare runserver do without.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # No address: only safeguards.uploads reads it. An S3 bucket of its own takes its place by this entry.
    "private_files": {
        "BACKEND": "safeguards.uploads.storage.PrivateFolder",
        "OPTIONS": {"location": PRIVATE_FILES_ROOT, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STAGE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
