"""The product's server with two more routes: one that touches no database, and the naive way to take events."""

import os

from cs_platform import settings as product

globals().update({name: getattr(product, name) for name in dir(product) if name.isupper()})
ROOT_URLCONF = "benchmarks.ingest_routes"
EVENT_RATE = API_RATE = "100000000/s"
DATABASES = product.DATABASES
LOG_FORMAT = "json"
LOGGING = {"format": "json"}
os.environ["DJANGO_LOG_LEVEL"] = "ERROR"
