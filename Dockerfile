# One image for web, worker, beat and migrate; docker-compose.yml says which command each runs.
FROM python:3.11-slim AS packages
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/runtime.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin setia
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The settings want these names; collecting static files uses none of what they name.
RUN DJANGO_SECRET_KEY=only-for-collecting-static-files-at-build DATABASE_URL=postgres://none/none \
    REDIS_URL=redis://none python manage.py collectstatic --no-input \
    && python -m compileall -q .
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "cs_platform.wsgi:application", "--worker-class=gthread", "--threads=2", "--timeout=60", \
     "--graceful-timeout=5", "--max-requests=5000", "--max-requests-jitter=500", "--no-control-socket", \
     "--bind=0.0.0.0:8000"]
