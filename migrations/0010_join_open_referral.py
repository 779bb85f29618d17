"""What the Open Referral feed gives and takes: its places, and where each field came from."""

from alembic import op

revision = "0010"
down_revision = "0009"

UP = """
ALTER TABLE provider
    ADD COLUMN open_referral jsonb DEFAULT '{}' NOT NULL;
ALTER TABLE service
    ADD COLUMN open_referral jsonb DEFAULT '{}' NOT NULL,
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN created_at timestamptz DEFAULT now() NOT NULL;
CREATE INDEX ix_service_created_at_id ON service (created_at, id);
CREATE INDEX ix_service_easting_northing ON service (easting, northing);
CREATE INDEX ix_service_outward ON service (split_part(postcode, ' ', 1));
CREATE TABLE service_location (
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    position bigint NOT NULL,
    easting bigint,
    northing bigint,
    described jsonb NOT NULL,
    CONSTRAINT pk_service_location PRIMARY KEY (id),
    CONSTRAINT uq_service_location_service_id_position UNIQUE (service_id, position),
    CONSTRAINT fk_service_location_service_id FOREIGN KEY(service_id)
        REFERENCES service (id) ON DELETE CASCADE
);
CREATE INDEX ix_service_location_easting_northing ON service_location (easting, northing);
CREATE TABLE outward_area (
    outward text NOT NULL,
    easting bigint NOT NULL,
    northing bigint NOT NULL,
    CONSTRAINT pk_outward_area PRIMARY KEY (outward)
);
INSERT INTO outward_area
    SELECT outward, round(avg(easting)), round(avg(northing)) FROM postcode GROUP BY outward;
CREATE TABLE source (
    id uuid NOT NULL,
    address text NOT NULL,
    imported_at timestamptz NOT NULL,
    newest_at timestamptz,
    CONSTRAINT pk_source PRIMARY KEY (id),
    CONSTRAINT uq_source_address UNIQUE (address)
);
CREATE TABLE sourced_record (
    record_id uuid NOT NULL,
    source_id uuid NOT NULL,
    kind text NOT NULL,
    said jsonb NOT NULL,
    said_at jsonb NOT NULL,
    CONSTRAINT pk_sourced_record PRIMARY KEY (record_id),
    CONSTRAINT fk_sourced_record_source_id FOREIGN KEY(source_id) REFERENCES source (id)
);
CREATE INDEX ix_sourced_record_source_id ON sourced_record (source_id)
"""

DOWN = """
DROP TABLE sourced_record, source, outward_area, service_location;
DROP INDEX ix_service_outward, ix_service_easting_northing, ix_service_created_at_id;
ALTER TABLE service
    DROP COLUMN open_referral, DROP COLUMN withdrawn_at, DROP COLUMN created_at;
ALTER TABLE provider DROP COLUMN open_referral
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
