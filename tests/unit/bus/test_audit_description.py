"""The auditors' face describes itself: a valid OpenAPI 3.1 document that knows every route and every filter."""

import json

from openapi_spec_validator import OpenAPIV31SpecValidator

from bus.audit.query import Asked
from bus.audit.reports import REPORTS
from bus.http.audit import AuditFace
from bus.http.audit_openapi import document


def test_it_is_a_valid_description():
    OpenAPIV31SpecValidator(json.loads(json.dumps(document()))).validate()


def test_it_knows_every_route_and_no_other():
    routes = AuditFace(None, None).application().router.routes()  # type: ignore[arg-type] - nothing is asked
    served = {(route.method, route.resource.canonical) for route in routes if route.method != "HEAD"}
    paths = document()["paths"]
    described = {(verb.upper(), path) for path, item in paths.items() for verb in item if verb in {"get", "post"}}
    assert described == served - {("GET", "/openapi.json")}


def test_it_knows_every_filter_and_report():
    paths = document()["paths"]
    filters = {one["name"] for one in paths["/audit/records"]["get"]["parameters"]}
    assert filters == {*Asked.__struct_fields__, "format"}
    body = paths["/audit/records"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == filters
    assert paths["/audit/reports/{name}"]["parameters"][0]["schema"]["enum"] == list(REPORTS)
