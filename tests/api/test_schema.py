"""The OpenAPI document and its page: valid, complete, and served from here under the strict policy (API-01)."""

import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

from tests.api.test_reading import LISTS


@pytest.fixture
def schema(db):
    answer = Client().get("/api/v1/schema", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


def test_the_schema_is_valid_and_made_without_a_warning(db, tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_the_schema_needs_no_key_and_tells_nothing_of_a_tenant(schema, world):
    validate_schema(schema)
    assert schema["openapi"].startswith("3.")
    assert "acme" not in str(schema).lower()


def test_the_schema_holds_every_route(schema):
    documented = set(schema["paths"])
    for name in LISTS:
        assert {f"/api/v1/{name}", f"/api/v1/{name}/{{ref}}"} <= documented
    routed = {
        "/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        for included in get_resolver().url_patterns
        if str(included.pattern) == "api/"
        for pattern in included.url_patterns
    }
    assert routed - documented == {"/api/docs", "/api/v1/schema"}


def test_every_operation_has_a_description_both_ways_to_show_a_key_and_its_refusals(schema):
    operations = [op for path in schema["paths"].values() for op in path.values()]
    assert len({op["operationId"] for op in operations}) == len(operations) >= 20
    for operation in operations:
        assert operation["description"]
        assert operation["security"] == [{"bearer": []}, {"basic": []}]
        assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
        for code, response in operation["responses"].items():
            if code >= "400":
                assert response["content"]["application/json"]["schema"]["$ref"].endswith("/Error")
                assert response["description"]
            assert "RateLimit-Remaining" in response["headers"]


def test_the_page_has_no_inline_script_no_inline_style_and_no_foreign_address(db):
    answer = Client().get("/api/docs")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page
    assert "//" not in page.replace("<!DOCTYPE html>", "")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    script = Client().get("/api/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema" in script.content.decode()
