"""The description of the API, made of what the operations themselves keep to."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from marketplace.services.staff.api_tokens import SCOPES
from marketplace.web.api.door import API
from marketplace.web.api.operations import JSON, Operation
from marketplace.web.api.problems import PROBLEM, Problem
from marketplace.web.api.repeats import HEADER, KEY_PATTERN

Json = dict[str, Any]
ANYWHERE = (400, 401, 403, 405, 429, 500, 503)
WITH_BODY = (413, 415, 422)
PATH_PART = re.compile(r"\{(\w+):\w+\}")
ABOUT = (
    "Needs, plans and what comes of them, by program. Every call bears a token, made under "
    "Tokens or with `marketplace token create`. A list comes page by page: ask for the next with "
    "`cursor`. What a family refused, or did not answer, is told nowhere."
)


def describe(handlers: Sequence[HTTPRouteHandler], base_url: str) -> Json:
    operations: list[Operation] = [one.opt["operation"] for one in handlers]
    structs = [part for one in operations for part in (one.gives, one.takes, one.asks) if part]
    schemas, components = msgspec.json.schema_components(
        [Problem, *structs], ref_template="#/components/schemas/{name}"
    )
    known = dict(zip(map(str, [Problem, *structs]), schemas, strict=True))
    paths: dict[str, Json] = {}
    for handler, operation in zip(handlers, operations, strict=True):
        (path,) = handler.paths
        (method,) = handler.http_methods
        told = _operation(handler, operation, known, components)
        told["parameters"] = [*_parts(path), *told["parameters"]]
        paths.setdefault(PATH_PART.sub(r"{\1}", path), {})[method.lower()] = told
    for one in operations:
        if one.asks:
            components.pop(one.asks.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Early help", "version": "1", "description": ABOUT},
        "servers": [{"url": f"{base_url}{API}"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    handler: HTTPRouteHandler, operation: Operation, known: Json, components: Json
) -> Json:
    problems = {*ANYWHERE, *operation.problems}
    if operation.takes or operation.asks:
        problems |= {422}
    if operation.takes:
        problems |= set(WITH_BODY)
    told: Json = {
        "operationId": handler.handler_name,
        "summary": operation.summary,
        "description": f"Scope: `{operation.scope}`, {_whose(operation.scope)}.",
        "parameters": [*_query(operation, components), *_key(operation)],
        "responses": {
            str(operation.status): _content(JSON, known[str(operation.gives)], "Done."),
            **{
                str(status): _content(PROBLEM, known[str(Problem)], HTTPStatus(status).phrase)
                for status in sorted(problems)
            },
        },
    }
    if operation.takes:
        body = {JSON: {"schema": known[str(operation.takes)]}}
        told["requestBody"] = {"required": True, "content": body}
    return told


def _whose(scope: str) -> str:
    return next(f"of a {whose}’s token" for whose, scopes in SCOPES.items() if scope in scopes)


def _content(media_type: str, schema: Json, description: str) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _parts(path: str) -> list[Json]:
    schema = {"type": "string", "minLength": 1, "maxLength": 100}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in PATH_PART.findall(path)
    ]


def _query(operation: Operation, components: Json) -> list[Json]:
    if operation.asks is None:
        return []
    properties: Json = components[operation.asks.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def _key(operation: Operation) -> list[Json]:
    if not operation.may_repeat:
        return []
    about = "Sent again with the same key, it is done once and answered as the first time."
    schema = {"type": "string", "pattern": KEY_PATTERN}
    return [
        {"name": HEADER, "in": "header", "required": False, "description": about, "schema": schema}
    ]
