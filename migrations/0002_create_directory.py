"""Tables of the directory: who helps, and where."""

from alembic import op

revision = "0002"
down_revision = "0001"

UP = """
CREATE TABLE evidence (
    need text NOT NULL,
    kind text NOT NULL,
    level bigint NOT NULL,
    effect_low numeric NOT NULL,
    effect_central numeric NOT NULL,
    effect_high numeric NOT NULL,
    source text NOT NULL,
    year bigint NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (need, kind, level)
);
CREATE TABLE postcode (
    code text NOT NULL,
    outward text NOT NULL,
    easting bigint NOT NULL,
    northing bigint NOT NULL,
    district text NOT NULL,
    CONSTRAINT pk_postcode PRIMARY KEY (code)
);
CREATE INDEX ix_postcode_outward ON postcode (outward);
CREATE TABLE provider (
    id uuid NOT NULL,
    ref text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    hosted_by_id uuid,
    charity_number text,
    contact_email text,
    contact_phone text,
    check_kind text,
    check_seen_on date,
    check_seen_by text,
    recheck_by date,
    confirmed_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_provider PRIMARY KEY (id),
    CONSTRAINT ck_provider_volunteer_has_host CHECK (
        kind <> 'volunteer' OR hosted_by_id IS NOT NULL
    ),
    CONSTRAINT uq_provider_ref UNIQUE (ref),
    CONSTRAINT fk_provider_hosted_by_id FOREIGN KEY(hosted_by_id) REFERENCES provider (id)
);
CREATE INDEX ix_provider_hosted_by_id ON provider (hosted_by_id);
CREATE INDEX ix_provider_kind ON provider (kind);
CREATE TABLE service (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    ref text NOT NULL,
    name text NOT NULL,
    needs text[] NOT NULL,
    takes_level bigint NOT NULL,
    effect numeric,
    postcode text,
    easting bigint,
    northing bigint,
    latitude double precision,
    longitude double precision,
    reach_metres bigint,
    min_age bigint,
    max_age bigint,
    languages text[] NOT NULL,
    days text[] NOT NULL,
    access text[] NOT NULL,
    standing_yes boolean NOT NULL,
    CONSTRAINT pk_service PRIMARY KEY (id),
    CONSTRAINT uq_service_provider_id_ref UNIQUE (provider_id, ref),
    CONSTRAINT fk_service_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
CREATE TABLE intake (
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    starts_on date,
    weeks bigint,
    places bigint,
    imported_places bigint,
    held bigint NOT NULL,
    used bigint NOT NULL,
    price_pence bigint NOT NULL,
    family_pays_pence bigint NOT NULL,
    at_least bigint,
    opening_cost_pence bigint NOT NULL,
    paused_at timestamptz,
    CONSTRAINT pk_intake PRIMARY KEY (id),
    CONSTRAINT uq_intake_service_id_starts_on UNIQUE NULLS NOT DISTINCT (service_id, starts_on),
    CONSTRAINT ck_intake_counts_not_negative CHECK (held >= 0 AND used >= 0),
    CONSTRAINT ck_intake_places_not_exceeded CHECK (places IS NULL OR held + used <= places),
    CONSTRAINT fk_intake_service_id FOREIGN KEY(service_id) REFERENCES service (id)
);
"""

DOWN = "DROP TABLE intake, service, provider, postcode, evidence"


def upgrade() -> None:
    for statement in UP.split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
