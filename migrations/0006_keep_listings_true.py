"""Asking providers whether their listing is still true, and joining those that stand twice."""

from alembic import op

revision = "0006"
down_revision = "0005"

UP = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER TABLE provider
    ADD COLUMN merged_into_id uuid,
    ADD CONSTRAINT fk_provider_merged_into_id
        FOREIGN KEY (merged_into_id) REFERENCES provider (id);
CREATE INDEX ix_provider_name_words ON provider USING gin (name gin_trgm_ops);
CREATE TABLE listing_check (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    confirmed_at timestamptz NOT NULL,
    months bigint NOT NULL,
    key_id text NOT NULL,
    token_hash bytea NOT NULL,
    asked_at timestamptz DEFAULT now() NOT NULL,
    answered_at timestamptz,
    CONSTRAINT pk_listing_check PRIMARY KEY (id),
    CONSTRAINT uq_listing_check_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_listing_check_provider_id_confirmed_at_months
        UNIQUE (provider_id, confirmed_at, months),
    CONSTRAINT fk_listing_check_provider_id FOREIGN KEY (provider_id) REFERENCES provider (id)
);
CREATE TABLE told_apart (
    first_id uuid NOT NULL,
    second_id uuid NOT NULL,
    told_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_told_apart PRIMARY KEY (first_id, second_id),
    CONSTRAINT ck_told_apart_in_order CHECK (first_id < second_id),
    CONSTRAINT fk_told_apart_first_id FOREIGN KEY (first_id) REFERENCES provider (id),
    CONSTRAINT fk_told_apart_second_id FOREIGN KEY (second_id) REFERENCES provider (id)
)
"""

DOWN = """
DROP TABLE told_apart, listing_check;
DROP INDEX ix_provider_name_words;
ALTER TABLE provider DROP COLUMN merged_into_id;
DROP EXTENSION pg_trgm
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
