"""The three processes of the product: `make demo` and docker-compose.yml run the same commands."""

WEB = [
    "gunicorn", "cs_platform.wsgi:application", "--worker-class=gthread", "--threads=2", "--timeout=60",
    "--graceful-timeout=5", "--max-requests=5000", "--max-requests-jitter=500", "--no-control-socket",
]  # fmt: skip
WORKER = [
    "celery", "--app=cs_platform", "worker", "--concurrency=2", "--prefetch-multiplier=1", "--without-gossip",
    "--without-mingle", "--loglevel=INFO",
]  # fmt: skip
BEAT = ["celery", "--app=cs_platform", "beat", "--pidfile=", "--loglevel=INFO"]
