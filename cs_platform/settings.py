"""Settings, read from the environment only. Every name used here stands in docs/operators.md (tested).

Without DATABASE_URL or REDIS_URL, manage.py and the tests start the embedded servers first and set both.
"""

import re
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

DEBUG = env.bool("DJANGO_DEBUG", default=False)
SECRET_KEY = env.str("DJANGO_SECRET_KEY")
if len(SECRET_KEY) < 32 and not DEBUG:
    raise ImproperlyConfigured("DJANGO_SECRET_KEY must have at least 32 characters.")

BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ROOT_URLCONF = "cs_platform.urls"
WSGI_APPLICATION = "cs_platform.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
TENANT_MODEL = "accounts.Tenant"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "csp",
    "cs_platform.kernel",
    "accounts",
    "health",
    "journey",
    "renewals",
    "advocacy",
    "expansion",
    "metrics",
    "cs_platform",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cs_platform.kernel.htmx.HtmxRedirectMiddleware",
    "cs_platform.kernel.errors.ErrorMiddleware",
    "accounts.middleware.TenantMiddleware",
    "cs_platform.api.middleware.ApiMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "cs_platform.frame.ui",
            ],
            "builtins": ["cs_platform.kernel.templatetags.ui", "cs_platform.kernel.templatetags.cells"],
        },
    }
]
FORM_RENDERER = "cs_platform.kernel.templatetags.ui.FormRenderer"

# One role for requests and workers; migrations run as the owner (docs/operators.md).
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"] |= {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DATABASES["default"].setdefault("OPTIONS", {})

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "setia",
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 2, "socket_connect_timeout": 2}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Setia"
USERSESSIONS_TRACK_ACTIVITY = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("id", _("Indonesian")), ("ms", _("Malay"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    "jpg",
    "jpeg",
    "png",
    "gif",
    "webp",
    "zip",
    "gz",
    "br",
    "woff",
    "woff2",
    "map",
    "txt",
    "md",
]
WHITENOISE_USE_FINDERS = DEBUG

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Setia <no-reply@localhost>")

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "cs_platform.kernel.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": [], "payment": [], "usb": []}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Requests of one API key; ApiMiddleware counts them before a view runs.
API_RATE = env.str("API_RATE", default="1000/min")
# Events of one API key; a batch counts as many as it holds.
EVENT_RATE = env.str("EVENT_RATE", default="300000/min")
# How long the parts of usage are kept; roll-ups are kept for good. A key outlives its event, so that a late retry of it
# is still known.
EVENT_DAYS = max(env.int("EVENT_DAYS", default=90), 7)
EVENT_KEY_DAYS = max(env.int("EVENT_KEY_DAYS", default=400), EVENT_DAYS)
HELD_DAYS = env.int("HELD_DAYS", default=30)
RECEIPT_DAYS = env.int("RECEIPT_DAYS", default=90)
# Hosts (`name` or `name:port`) that webhooks may go to though they are private, and in plain HTTP.
WEBHOOK_ALLOW_HOSTS = [host.strip().lower() for host in env.list("WEBHOOK_ALLOW_HOSTS", default=[]) if host.strip()]
for _host in WEBHOOK_ALLOW_HOSTS:
    if not re.fullmatch(r"[a-z0-9._-]+(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?", _host):
        raise ImproperlyConfigured(f"WEBHOOK_ALLOW_HOSTS: {_host!r} is neither NAME nor NAME:PORT.")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cs_platform.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["cs_platform.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cs_platform.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cs_platform.api.errors.exception_handler",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cs_platform.api.rendering.Negotiation",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Setia API",
    "VERSION": "1",
    "DESCRIPTION": "Read and write what Setia knows of your customers. docs/api.md says how to begin.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AccountSourceEnum": "accounts.enums.Source",
        "ChangeSourceEnum": "accounts.enums.ChangeSource",
        "ChangeKindEnum": "accounts.enums.ChangeKind",
        "MovementKindEnum": "metrics.enums.MovementKind",
        "MovementReasonEnum": "metrics.enums.MovementReason",
        "ReceiptKindEnum": "health.enums.ReceiptKind",
        "HeldStateEnum": "health.enums.HeldState",
        "PlanKindEnum": "journey.enums.PlanKind",
        "PlanStateEnum": "journey.enums.PlanState",
        "TaskStateEnum": "journey.enums.TaskState",
        "TrackKindEnum": "journey.enums.TrackKind",
        "HandoffKindEnum": "journey.enums.HandoffKind",
        "HandoffStateEnum": "journey.enums.HandoffState",
        "IssueKindEnum": "journey.enums.IssueKind",
        "IssueStateEnum": "journey.enums.IssueState",
        "PlayStateEnum": "journey.enums.PlayState",
        "ProposalStateEnum": "journey.enums.Answer",
        "LetterStateEnum": "journey.enums.LetterState",
        "StageEnum": "journey.enums.Stage",
        "StageCauseEnum": "journey.enums.Cause",
        "ChurnCategoryEnum": "accounts.enums.ChurnCategory",
        "RenewalStateEnum": "renewals.enums.RenewalState",
        "FailureReasonEnum": "renewals.enums.FailureReason",
        "ReviewEnum": "renewals.enums.Review",
        "SaveStateEnum": "renewals.enums.SaveState",
        "SaveCauseEnum": "renewals.enums.SaveCause",
        "AskStateEnum": "advocacy.enums.AskState",
        "AssetKindEnum": "advocacy.enums.AssetKind",
        "LegalEnum": "advocacy.enums.Legal",
        "DealStageEnum": "expansion.enums.DealStage",
        "DealKindEnum": "expansion.enums.DealKind",
        "SignalStateEnum": "expansion.enums.SignalState",
        "WinReasonEnum": "expansion.enums.WinReason",
        "LossReasonEnum": "expansion.enums.LossReason",
        "DeliveryStateEnum": "accounts.enums.DeliveryState",
        "WebhookKindEnum": "accounts.webhooks.events.Kind",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
}

LOG_FORMAT = env.str("LOG_FORMAT", default="json")
LOGGING_CONFIG = "cs_platform.kernel.logs.configure"
LOGGING = {"format": LOG_FORMAT}
DJANGO_STRUCTLOG_CELERY_ENABLED = True

SILENCED_SYSTEM_CHECKS: list[str] = []
