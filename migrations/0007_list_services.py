"""What a search may know of each service, kept by the database itself, and a dated map with towns.

Listings are written from many places: files, feeds, people's own pages. Triggers keep what is found
of them true without any of those having to remember it.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

EXTENSIONS = """
CREATE EXTENSION IF NOT EXISTS unaccent
"""

# A listing never holds a volunteer's home or name, nor where a confidential service is: it stands
# in the middle of its outward area. `name` is NULL where it would say who the volunteer is.
TABLES = """
CREATE TABLE listing (
    service_id uuid NOT NULL,
    host_id uuid,
    is_volunteer boolean NOT NULL,
    is_approximate boolean NOT NULL,
    name text,
    needs text[] NOT NULL,
    outward text,
    easting double precision,
    northing double precision,
    reach_metres double precision,
    min_age bigint,
    max_age bigint,
    languages text[] NOT NULL,
    days text[] NOT NULL,
    access text[] NOT NULL,
    words tsvector NOT NULL,
    spelling text NOT NULL,
    CONSTRAINT pk_listing PRIMARY KEY (service_id),
    CONSTRAINT fk_listing_service_id FOREIGN KEY(service_id)
        REFERENCES service (id) ON DELETE CASCADE
);
CREATE INDEX ix_listing_place ON listing USING gist (point(easting, northing));
CREATE INDEX ix_listing_reach ON listing USING gist (
    box(point(easting - reach_metres, northing - reach_metres),
        point(easting + reach_metres, northing + reach_metres))
);
CREATE INDEX ix_listing_outward ON listing (outward) WHERE is_approximate;
CREATE INDEX ix_listing_nowhere ON listing (service_id) WHERE easting IS NULL;
CREATE INDEX ix_listing_words ON listing USING gin (words);
ALTER TABLE postcode ADD COLUMN ended_on date;
CREATE TABLE postcode_release (
    letter text NOT NULL,
    released_on date NOT NULL,
    CONSTRAINT pk_postcode_release PRIMARY KEY (letter)
);
CREATE TABLE town (
    name text NOT NULL,
    easting bigint NOT NULL,
    northing bigint NOT NULL,
    kind text NOT NULL,
    CONSTRAINT pk_town PRIMARY KEY (name)
);
CREATE TABLE outside_answer (
    asked text NOT NULL,
    easting bigint,
    northing bigint,
    asked_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_outside_answer PRIMARY KEY (asked)
)
"""

LIST_SERVICES = """
CREATE FUNCTION list_services(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH given AS (
        SELECT service.*, provider.name AS provider_name, provider.kind, provider.hosted_by_id,
            CASE provider.kind WHEN 'volunteer' THEN host.name ELSE provider.name END AS led_by,
            provider.kind = 'volunteer' AS is_volunteer,
            provider.kind = 'volunteer' OR service.is_confidential AS is_approximate,
            nullif(split_part(service.postcode, ' ', 1), '') AS outward
        FROM service
        JOIN provider ON provider.id = service.provider_id
        LEFT JOIN provider host ON host.id = provider.hosted_by_id
        WHERE service.id = ANY(ids)
    ), area AS (
        SELECT outward, avg(easting) AS easting, avg(northing) AS northing
        FROM postcode
        WHERE outward IN (SELECT outward FROM given WHERE is_approximate)
        GROUP BY outward
    ), told AS (
        SELECT given.*,
            CASE WHEN is_approximate THEN area.easting ELSE given.easting END AS told_easting,
            CASE WHEN is_approximate THEN area.northing ELSE given.northing END AS told_northing,
            -- Such as "Grace's dinners" by Grace.
            CASE WHEN NOT is_volunteer OR NOT EXISTS (
                SELECT FROM regexp_split_to_table(unaccent(lower(provider_name)), '\\W+') AS word
                WHERE length(word) > 1
                    AND word = ANY(regexp_split_to_array(unaccent(lower(name)), '\\W+'))
            ) THEN name END AS told_name
        FROM given LEFT JOIN area USING (outward)
    )
    INSERT INTO listing
    SELECT id, CASE WHEN is_volunteer THEN hosted_by_id END, is_volunteer, is_approximate,
        told_name, needs, outward,
        CASE WHEN kind <> 'digital' THEN told_easting END,
        CASE WHEN kind <> 'digital' THEN told_northing END,
        reach_metres, min_age, max_age, languages, days, access,
        setweight(to_tsvector('english', unaccent(coalesce(told_name, ''))), 'A')
        || setweight(to_tsvector('english', unaccent(coalesce(led_by, ''))), 'B')
        || CASE WHEN is_volunteer THEN ''::tsvector ELSE
            setweight(to_tsvector('english', unaccent(coalesce(description, ''))), 'C') END,
        lower(unaccent(concat_ws(' ', told_name, led_by)))
    FROM told
    ON CONFLICT (service_id) DO UPDATE SET (
        host_id, is_volunteer, is_approximate, name, needs, outward, easting, northing,
        reach_metres, min_age, max_age, languages, days, access, words, spelling
    ) = (
        excluded.host_id, excluded.is_volunteer, excluded.is_approximate, excluded.name,
        excluded.needs, excluded.outward, excluded.easting, excluded.northing,
        excluded.reach_metres, excluded.min_age, excluded.max_age, excluded.languages,
        excluded.days, excluded.access, excluded.words, excluded.spelling
    )
$$
"""

SERVICE_CHANGED = """
CREATE FUNCTION list_changed_services() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM list_services(ARRAY(SELECT id FROM changed));
    RETURN NULL;
END
$$
"""
PROVIDER_CHANGED = """
CREATE FUNCTION list_services_of_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM list_services(ARRAY(
        SELECT service.id FROM service JOIN provider ON provider.id = service.provider_id
        WHERE NEW.id IN (provider.id, provider.hosted_by_id)
    ));
    RETURN NULL;
END
$$
"""
TRIGGERS = """
CREATE TRIGGER list_added AFTER INSERT ON service REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION list_changed_services();
CREATE TRIGGER list_changed AFTER UPDATE ON service REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION list_changed_services();
CREATE TRIGGER list_renamed AFTER UPDATE OF name, kind, hosted_by_id ON provider FOR EACH ROW
    WHEN ((OLD.name, OLD.kind, OLD.hosted_by_id)
        IS DISTINCT FROM (NEW.name, NEW.kind, NEW.hosted_by_id))
    EXECUTE FUNCTION list_services_of_provider()
"""
FILL = "SELECT list_services(ARRAY(SELECT id FROM service))"

DOWN = """
DROP TRIGGER list_renamed ON provider;
DROP TRIGGER list_changed ON service;
DROP TRIGGER list_added ON service;
DROP FUNCTION list_services_of_provider;
DROP FUNCTION list_changed_services;
DROP FUNCTION list_services;
DROP TABLE listing, postcode_release, town, outside_answer;
ALTER TABLE postcode DROP COLUMN ended_on
"""


def upgrade() -> None:
    for block in (EXTENSIONS, TABLES):
        for statement in block.split(";"):
            op.execute(statement)
    for function in (LIST_SERVICES, SERVICE_CHANGED, PROVIDER_CHANGED):
        op.execute(function)
    for statement in TRIGGERS.split(";"):
        op.execute(statement)
    op.execute(FILL)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
