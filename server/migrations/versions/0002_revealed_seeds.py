"""Revealed server seeds stand in the open, and what a shoe is bound to never changes."""

from alembic import op

revision = "0002"
down_revision = "0001"

_SEED = """
ALTER TABLE shoes ADD COLUMN server_seed bytea, -- null until it is revealed: it then outlives SHOE_KEYS
    ADD CONSTRAINT shoes_revealed_with_seed CHECK (server_seed IS NULL OR revealed_at IS NOT NULL),
    ADD CONSTRAINT shoes_seed_was_committed_to
        CHECK (server_seed IS NULL OR encode(sha256(server_seed), 'hex') = commitment)"""

_REFUSE = """
CREATE FUNCTION refuse_other_shoe() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.table_id, NEW.shoe_number, NEW.commitment, NEW.wrapped_seed)
        IS DISTINCT FROM (OLD.table_id, OLD.shoe_number, OLD.commitment, OLD.wrapped_seed)
        OR OLD.started_at IS NOT NULL
        AND (NEW.client_seeds, NEW.decks, NEW.rules, NEW.started_at)
            IS DISTINCT FROM (OLD.client_seeds, OLD.decks, OLD.rules, OLD.started_at)
        OR OLD.revealed_at IS NOT NULL AND NEW.revealed_at IS DISTINCT FROM OLD.revealed_at
        OR OLD.server_seed IS NOT NULL AND NEW.server_seed IS DISTINCT FROM OLD.server_seed
    THEN
        RAISE EXCEPTION 'shoe % of % is fixed', OLD.shoe_number, OLD.table_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$"""

_FIX = """
CREATE TRIGGER shoes_are_fixed BEFORE UPDATE ON shoes FOR EACH ROW EXECUTE FUNCTION refuse_other_shoe()"""


def upgrade() -> None:
    """A revealed seed must be the one behind the commitment; nothing that is public is ever changed."""
    for statement in (_SEED, _REFUSE, _FIX):
        op.execute(statement)
