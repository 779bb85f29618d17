"""The description of our feed, made from the parameters that it reads."""

from collections.abc import Mapping
from typing import Any

from directory.open_referral.question import OF_LOCATIONS, OF_SERVICES, PAGING, Parameter

Json = dict[str, Any]

SCHEMAS = "https://raw.githubusercontent.com/OpenReferralUK/uk-profile/main/schema"
_FULL: dict[str, Parameter] = {"full": OF_SERVICES["full"]}
# Path, what it lists, the schema of a row, of one, and the parameters of the list.
LISTS: tuple[tuple[str, str, str, str, Mapping[str, Parameter]], ...] = (
    ("services", "services", "compiled/service_list", "compiled/service", OF_SERVICES),
    (
        "service_at_locations",
        "services at each of their places",
        "compiled/service_at_location_list",
        "compiled/service_at_location",
        OF_LOCATIONS,
    ),
    (
        "organizations",
        "organisations",
        "compiled/organization_list",
        "compiled/organization",
        PAGING | _FULL,
    ),
    ("taxonomies", "taxonomies", "taxonomy", "taxonomy", PAGING),
    ("taxonomy_terms", "taxonomy terms", "taxonomy_term", "taxonomy_term", PAGING),
)


def describe_feed(base_url: str) -> Json:
    paths: Json = {"/": {"get": _operation("What this feed is", _api_details())}}
    for path, name, row, one, parameters in LISTS:
        paths[f"/{path}"] = {
            "get": _operation(f"A page of {name}", _page(row), parameters=parameters)
        }
        paths[f"/{path}/{{id}}"] = {
            "parameters": [
                {
                    "name": "id",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "format": "uuid"},
                }
            ],
            "get": _operation(f"One of the {name}", _schema(one), missing=True),
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Help for families: Open Referral UK",
            "version": "HSDS-UK-3.0",
            "description": "Services that families can find, with the places they have. "
            "Rows stand in the order in which they were added, so that no page moves while "
            "a reader goes through them; near a postcode the nearest come first.",
            "license": {"name": "Open Government Licence v3.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": base_url}],
        "paths": paths,
    }


def _operation(
    summary: str,
    schema: Json,
    *,
    parameters: Mapping[str, Parameter] | None = None,
    missing: bool = False,
) -> Json:
    answers = {
        "200": {"description": summary, "content": {"application/json": {"schema": schema}}},
        "304": {"description": "Nothing has changed since the answer you hold."},
    }
    if parameters or missing:
        answers["400"] = {"description": "A parameter cannot be read; `detail` names it."}
    if missing:
        answers["404"] = {"description": "There is none with this id."}
    told = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": parameter.description,
            "schema": parameter.schema,
        }
        for name, parameter in (parameters or {}).items()
    ]
    return {"summary": summary, "responses": answers, **({"parameters": told} if told else {})}


def _api_details() -> Json:
    link = {"type": "string", "format": "uri"}
    return {
        "type": "object",
        "required": ["version", "profile", "openapi_url"],
        "properties": {
            "version": {"type": "string", "const": "HSDS-UK-3.0"},
            "profile": link,
            "openapi_url": link,
        },
    }


def _page(row: str) -> Json:
    whole, yes_or_no = {"type": "integer"}, {"type": "boolean"}
    keys = {
        "total_items": whole,
        "total_pages": whole,
        "page_number": whole,
        "size": whole,
        "first_page": yes_or_no,
        "last_page": yes_or_no,
        "empty": yes_or_no,
        "contents": {"type": "array", "items": _schema(row)},
    }
    return {"type": "object", "required": list(keys), "properties": keys}


def _schema(name: str) -> Json:
    return {"$ref": f"{SCHEMAS}/{name}.json"}
