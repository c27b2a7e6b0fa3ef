"""Staff accounts: signing in, the second factor, passwords, sessions."""

from portal import environment

from .apps import STAGE

AUTH_USER_MODEL = "safeguards.User"
AUTHENTICATION_BACKENDS = ["safeguards.accounts.backends.StaffBackend"]
# The only door. Every other one of Wagtail's leads here (portal/urls.py).
LOGIN_URL = WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"
# Where it stands; asked by what decides on headers and on who may pass (the same in both languages).
ACCOUNT_PATHS = ("/tai-khoan/", "/en/tai-khoan/")

SECOND_FACTOR = environment.text("SECOND_FACTOR", "required").lower()
if SECOND_FACTOR not in {"required", "off"}:
    raise environment.UnsafeEnvironment("SECOND_FACTOR must be required or off.")
if SECOND_FACTOR == "off" and STAGE == "production":
    raise environment.UnsafeEnvironment("SECOND_FACTOR=off has no place in production: staff sign in with a second factor.")

# Secrets at rest (the keys of authenticator apps). Not SECRET_KEY: that one changes, and sessions may end with it; these may not.
FIELD_KEY = environment.secret("FIELD_KEY")
FIELD_KEY_FALLBACKS = environment.words("FIELD_KEY_FALLBACKS")  # former keys, until `manage.py account rewrap` has run

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_LENGTH = 12
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "safeguards.accounts.passwords.LengthValidator"},
    {"NAME": "safeguards.accounts.passwords.CommonWordsValidator"},
    {
        "NAME": "safeguards.accounts.passwords.OwnNameValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "first_name", "last_name", "email")},
    },
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # how long a link to choose a password lives

# Staff sessions end by themselves (A7). The cookie lives as long as the browser is open.
SESSION_IDLE_SECONDS = 30 * 60
SESSION_COOKIE_AGE = SESSION_LONGEST_SECONDS = 12 * 3600

# django-allauth: its flow of signing in, its factors. Its own limits count in a cache, that is in each process apart: off,
# ours in PostgreSQL stand before every one of its forms (safeguards/accounts/attempts.py).
ACCOUNT_ADAPTER = "safeguards.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_FORMS = {
    "login": "safeguards.accounts.forms.SignInForm",
    "reauthenticate": "safeguards.accounts.forms.PasswordAgainForm",
    "change_password": "safeguards.accounts.forms.ChangePasswordForm",  # pragma: allowlist secret
}
MFA_ADAPTER = "safeguards.accounts.adapters.MfaAdapter"
MFA_RATE_LIMITS = False
# WebAuthn stays off: a code works in every browser, without JavaScript, and over http on the machine of a demonstration.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = environment.text("PORTAL_NAME", "Minh Bạch")
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "safeguards.accounts.forms.CodeForm",
    "reauthenticate": "safeguards.accounts.forms.CodeAgainForm",
    "activate_totp": "safeguards.accounts.forms.ActivateForm",
}
# Passwords are not typed into the back office: who manages accounts gives a link, everybody changes their own on our page.
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
