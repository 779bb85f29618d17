"""What hosts keep about volunteers, the weekly question, texts and introductions."""

from alembic import op

revision = "0009"
down_revision = "0008"

UP = """
CREATE TABLE volunteer (
    provider_id uuid NOT NULL,
    roles text[] NOT NULL,
    phone text,
    email text,
    travels text NOT NULL,
    signed_up_at timestamptz DEFAULT now() NOT NULL,
    ready_until date,
    stopped_at timestamptz,
    left_at timestamptz,
    forgotten_at timestamptz,
    CONSTRAINT pk_volunteer PRIMARY KEY (provider_id),
    CONSTRAINT uq_volunteer_phone UNIQUE (phone),
    CONSTRAINT ck_volunteer_travels_known CHECK (travels IN ('foot', 'car')),
    CONSTRAINT fk_volunteer_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
CREATE TABLE volunteer_paper (
    volunteer_id uuid NOT NULL,
    ask text NOT NULL,
    done_on date NOT NULL,
    valid_until date NOT NULL,
    version text,
    CONSTRAINT pk_volunteer_paper PRIMARY KEY (volunteer_id, ask),
    CONSTRAINT fk_volunteer_paper_volunteer_id FOREIGN KEY(volunteer_id)
        REFERENCES volunteer (provider_id)
);
CREATE TABLE quiz_try (
    id uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    questions text[] NOT NULL,
    answers text[],
    score bigint,
    taken_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_quiz_try PRIMARY KEY (id),
    CONSTRAINT ck_quiz_try_answered_has_score CHECK ((answers IS NULL) = (score IS NULL)),
    CONSTRAINT fk_quiz_try_volunteer_id FOREIGN KEY(volunteer_id)
        REFERENCES volunteer (provider_id)
);
CREATE INDEX ix_quiz_try_volunteer_id ON quiz_try (volunteer_id);
CREATE TABLE absence (
    id uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    kind text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    CONSTRAINT pk_absence PRIMARY KEY (id),
    CONSTRAINT ck_absence_kind_known CHECK (kind IN ('break', 'skip')),
    CONSTRAINT ck_absence_ends_after_start CHECK (starts_on <= ends_on),
    CONSTRAINT fk_absence_volunteer_id FOREIGN KEY(volunteer_id)
        REFERENCES volunteer (provider_id)
);
CREATE INDEX ix_absence_volunteer_id ON absence (volunteer_id);
CREATE TABLE weekly_question (
    id uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    day date NOT NULL,
    ends_on date NOT NULL,
    key_id text NOT NULL,
    token_hash bytea NOT NULL,
    answer text,
    answered_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_weekly_question PRIMARY KEY (id),
    CONSTRAINT uq_weekly_question_volunteer_id_day UNIQUE (volunteer_id, day),
    CONSTRAINT uq_weekly_question_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_weekly_question_answer_known CHECK (answer IN ('ok', 'skip', 'stop')),
    CONSTRAINT fk_weekly_question_volunteer_id FOREIGN KEY(volunteer_id)
        REFERENCES volunteer (provider_id)
);
CREATE TABLE received_text (
    id uuid NOT NULL,
    volunteer_id uuid,
    meaning text,
    words text,
    received_at timestamptz DEFAULT now() NOT NULL,
    seen_at timestamptz,
    CONSTRAINT pk_received_text PRIMARY KEY (id),
    CONSTRAINT fk_received_text_volunteer_id FOREIGN KEY(volunteer_id)
        REFERENCES volunteer (provider_id)
);
CREATE INDEX ix_received_text_volunteer_id ON received_text (volunteer_id);
CREATE TABLE introduction (
    match_id uuid NOT NULL,
    introduced_on date NOT NULL,
    diet text,
    CONSTRAINT pk_introduction PRIMARY KEY (match_id),
    CONSTRAINT fk_introduction_match_id FOREIGN KEY(match_id) REFERENCES match (id)
);
CREATE TABLE host_reminder (
    volunteer_id uuid NOT NULL,
    ask text NOT NULL,
    step text NOT NULL,
    valid_until date NOT NULL,
    CONSTRAINT pk_host_reminder PRIMARY KEY (volunteer_id, ask, step, valid_until),
    CONSTRAINT ck_host_reminder_step_known CHECK (step IN ('soon', 'lapsed')),
    CONSTRAINT fk_host_reminder_volunteer_id FOREIGN KEY(volunteer_id)
        REFERENCES volunteer (provider_id)
)
"""

DOWN = """
DROP TABLE host_reminder, introduction, received_text, weekly_question, absence, quiz_try,
    volunteer_paper, volunteer
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
