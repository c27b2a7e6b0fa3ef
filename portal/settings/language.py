"""Languages, time zone, formats. Vietnamese at the root, English under /en/."""

from django.utils.translation import gettext_lazy as _

from portal import environment

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
WAGTAIL_I18N_ENABLED = True
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [environment.ROOT / "locale"]
USE_I18N = True
USE_TZ = True
# Law counts days in local time: a day begins at midnight in Vietnam, wherever the server stands.
TIME_ZONE = "Asia/Ho_Chi_Minh"
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
FORMAT_MODULE_PATH = ["portal.formats"]
