"""Puts templates, migrations, the example and the stylesheet inside the wheel."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {
    "templates": "marketplace/_shipped/templates",
    "migrations": "marketplace/_shipped/migrations",
    "examples": "marketplace/_shipped/examples",
    "src/marketplace/web/static/built": "marketplace/web/static/built",
}


class ShipFolders(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # Copies would go stale in an editable install: a checkout reads its own folders.
        if version == "editable":
            build_data["force_include_editable"] = {}
            return
        build_data["force_include"].update(SHIPPED)
