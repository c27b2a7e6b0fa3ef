"""Secrets, hosts, cookies, headers, passwords."""

from csp.constants import NONE, SELF

from portal import environment

from .apps import STAGE

SECRET_KEY = environment.secret("SECRET_KEY")
PRODUCTION = STAGE == "production"
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")  # former keys, while sessions signed with them still live
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1 localhost [::1] testserver")
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise environment.UnsafeEnvironment("ALLOWED_HOSTS is not set: name the portal's own host names, without *.")
# Networks of our own reverse proxies ("10.0.0.0/8 127.0.0.1"): X-Forwarded-* is believed from these peers only (B8).
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
# security.txt: whom to tell of a weakness (mail addresses, https:// or tel:), and the page that says how reports are dealt with.
SECURITY_CONTACT = environment.words("SECURITY_CONTACT")
SECURITY_POLICY_URL = environment.text("SECURITY_POLICY_URL")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # the back office frames its own previews: PolicyHeaders
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # it ends with the browser: a telephone that several people use keeps nothing of whoever registered
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
if PRODUCTION:
    SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
}

# Two policies, picked by path in safeguards.middleware.PolicyHeaders: the public one is strict and needs no nonce, so that
# pages can be cached; the back office's is the strictest under which Wagtail was seen to work in a browser.
CSP_PUBLIC = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "manifest-src": [SELF],
    "base-uri": [NONE],
    "object-src": [NONE],
    "frame-ancestors": [NONE],
}
CSP_STAFF = {
    "default-src": [SELF],
    "script-src": [SELF],
    "script-src-elem": [SELF, "'unsafe-inline'"],
    "script-src-attr": [NONE],
    "style-src": [SELF, "'unsafe-inline'"],
    "img-src": [SELF, "data:", "blob:"],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [SELF],
}
# Where browsers tell of a page that breaks the policy: the name for those that know Reporting-Endpoints, the address for others.
CSP_REPORTS = "/csp-report"
for _policy in (CSP_PUBLIC, CSP_STAFF):
    _policy |= {"report-uri": [CSP_REPORTS], "report-to": ["csp"]}
REPORTING_ENDPOINTS = f'csp="{CSP_REPORTS}"'
CONTENT_SECURITY_POLICY = {"DIRECTIVES": CSP_PUBLIC}
STAFF_PATHS = ("/admin/",)
