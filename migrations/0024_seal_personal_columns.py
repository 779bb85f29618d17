"""Personal columns are sealed, their plain columns go; links end one by one; history is chained."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from directory.sealing import KeyRing

revision = "0024"
down_revision = "0023"

# Table → its id, its owner, and per column whether each row has one.
COLUMNS = {
    "ask": ("id", "commissioner_id", {"given": 0, "worker_name": 0, "worker_email": 0}),
    "concern": ("id", "match_id", {"ring_back": 1}),
    "contact": (
        "family_id",
        "family_id",
        {"name": 1, "email": 0, "phone": 0, "address": 0, "postcode": 0},
    ),
    "family": ("id", "commissioner_id", {"named_worker": 0}),
    "introduction": ("match_id", "match_id", {"diet": 0}),
    "join_request": ("id", "id", {"person": 1, "email": 1, "phone": 1}),
    "received_text": ("id", "volunteer_id", {"words": 0}),
    "volunteer": ("provider_id", "provider_id", {"phone": 0, "email": 0}),
}
# Table → column of hashes: of which column, and how what is hashed is read from it.
HASHES = {
    "contact": {"email_hash": ("email", str.lower), "phone_hash": ("phone", str)},
    "volunteer": {"phone_hash": ("phone", str)},
}
CONSTRAINTS = """
ALTER TABLE ask
    ADD CONSTRAINT ck_ask_worker_where_professional
        CHECK ((source = 'professional') = (worker_email_sealed IS NOT NULL)),
    ADD CONSTRAINT ck_ask_not_kept_twice CHECK (need_id IS NULL OR given_sealed IS NULL);
ALTER TABLE volunteer ADD CONSTRAINT uq_volunteer_phone_hash UNIQUE (phone_hash)
"""
CHAIN = """
CREATE TABLE event_seal (
    number bigint NOT NULL,
    event_id bigint NOT NULL,
    seal bytea NOT NULL,
    CONSTRAINT pk_event_seal PRIMARY KEY (number),
    CONSTRAINT uq_event_seal_event_id UNIQUE (event_id)
);
ALTER TABLE event_seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_seal FORCE ROW LEVEL SECURITY;
CREATE POLICY event_seal_0 ON event_seal FOR ALL USING ((SELECT acting_kind()) = 'exchange');
REVOKE UPDATE, DELETE ON event_seal FROM marketplace_application
"""
# The plain columns' own constraints went with them.
PLAIN = """
ALTER TABLE ask ALTER COLUMN given TYPE jsonb USING given::jsonb,
    ADD CONSTRAINT ck_ask_worker_where_professional
        CHECK ((source = 'professional') = (worker_email IS NOT NULL)),
    ADD CONSTRAINT ck_ask_not_kept_twice CHECK (need_id IS NULL OR given IS NULL);
ALTER TABLE volunteer ADD CONSTRAINT uq_volunteer_phone UNIQUE (phone)
"""


def upgrade() -> None:
    _see_all_rows()
    op.execute("ALTER TABLE offer ADD COLUMN link_ended_at timestamptz")
    for table, (row_id, owner, columns) in COLUMNS.items():
        hashes = HASHES.get(table, {})
        for name in [f"{name}_sealed" for name in columns] + list(hashes):
            op.execute(f'ALTER TABLE "{table}" ADD COLUMN {name} bytea')
        _seal_rows(table, row_id, owner, list(columns))
        for name, is_needed in columns.items():
            if is_needed:
                op.execute(f'ALTER TABLE "{table}" ALTER COLUMN {name}_sealed SET NOT NULL')
            op.execute(f'ALTER TABLE "{table}" DROP COLUMN {name}')
    for statement in (CONSTRAINTS + ";" + CHAIN).split(";"):
        op.execute(statement)


def downgrade() -> None:
    """Only where nothing personal is stored: what was sealed is not written out in plain again."""
    _see_all_rows()
    for table, (_, _, columns) in COLUMNS.items():
        kept = " OR ".join(f"{name}_sealed IS NOT NULL" for name in columns)
        if op.get_bind().scalar(sa.text(f'SELECT count(*) FROM "{table}" WHERE {kept}')):
            raise RuntimeError(
                f"{table} holds sealed values, and this step back would lose them. Go back to a "
                "backup from before migration 0024 instead."
            )
        for name in HASHES.get(table, {}):
            op.execute(f'ALTER TABLE "{table}" DROP COLUMN {name}')
        for name, is_needed in columns.items():
            rule = " NOT NULL" if is_needed else ""
            op.execute(f'ALTER TABLE "{table}" DROP COLUMN {name}_sealed')
            op.execute(f'ALTER TABLE "{table}" ADD COLUMN {name} text{rule}')
    op.execute("ALTER TABLE offer DROP COLUMN link_ended_at")
    op.execute("DROP TABLE event_seal")
    for statement in PLAIN.split(";"):
        op.execute(statement)


def _see_all_rows() -> None:
    op.execute("SELECT set_config('acting.kind', 'exchange', true)")


def _seal_rows(table: str, row_id: str, owner: str, columns: list[str]) -> None:
    connection = op.get_bind()
    named = ", ".join(dict.fromkeys([row_id, owner, *columns]))
    is_any = " OR ".join(f"{name} IS NOT NULL" for name in columns)
    asked = f'SELECT {named} FROM "{table}" WHERE {is_any}'
    rows = connection.execute(sa.text(asked)).mappings().all()
    if not rows:
        return
    keys = op.get_context().config.attributes["secret_keys"]
    if not keys:
        raise RuntimeError(
            f"{table} holds people's details: MARKETPLACE_SECRET_KEYS must seal them"
        )
    # Its own format says by which key: what ships now still opens what was sealed here.
    ring = KeyRing(keys)
    set_to = ", ".join(f"{name} = :{name}" for name in _stored(ring, table, rows[0], columns))
    connection.execute(
        sa.text(f'UPDATE "{table}" SET {set_to} WHERE {row_id} = :row_id'),
        [_stored(ring, table, row, columns) | {"row_id": row[row_id]} for row in rows],
    )


def _stored(
    ring: KeyRing, table: str, row: Mapping[str, Any], columns: list[str]
) -> dict[str, bytes | None]:
    row_id, owner, _ = COLUMNS[table]
    given = {name: _read(name, row[name]) for name in columns}
    stored = {
        f"{name}_sealed": None
        if value is None
        else ring.seal(value, table, f"{name}_sealed", row[row_id], row[owner])
        for name, value in given.items()
    }
    for name, (column, choose) in HASHES.get(table, {}).items():
        known_by = None if given[column] is None else choose(given[column])
        stored[name] = ring.hashes(known_by, f"{table}.{name}")[0] if known_by else None
    return stored


def _read(name: str, value: Any) -> Any:
    return json.loads(value) if name == "given" and isinstance(value, str) else value
