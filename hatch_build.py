"""Puts templates, migrations and built pages' files inside the wheel; an editable install reads them in place."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {
    "templates": "marketplace/_shipped/templates",
    "migrations": "marketplace/_shipped/migrations",
    "src/marketplace/web/static/built": "marketplace/web/static/built",
}


class ShipFolders(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # Copies in site-packages of an editable install would go stale: a checkout reads its own folders.
        if version == "editable":
            build_data["force_include_editable"] = {}
            return
        build_data["force_include"].update(SHIPPED)
