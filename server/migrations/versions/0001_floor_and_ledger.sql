-- Ledger ------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('mint', 'house', 'bank', 'escrow', 'wallet', 'treasury')),
    owner text NOT NULL, -- a user's, table's or syndicate's id; '' for the mint and the house
    balance bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0, -- grows by one in every transaction that moves the balance
    dividend_seq bigint NOT NULL DEFAULT 0, -- wallets: the seq of the newest dividend
    confirmed_through bigint NOT NULL DEFAULT 0, -- wallets: every dividend up to this seq is confirmed
    CONSTRAINT accounts_owner_unique UNIQUE (kind, owner),
    CONSTRAINT accounts_balance_not_negative CHECK (balance >= 0 OR kind IN ('mint', 'house', 'bank')),
    CONSTRAINT accounts_confirmed_within CHECK (confirmed_through BETWEEN 0 AND dividend_seq)
) WITH (fillfactor = 50);

CREATE TABLE transfers (
    transfer_id uuid NOT NULL,
    key text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    debit bigint NOT NULL, -- the account that gives
    credit bigint NOT NULL, -- the account that gets
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    debit_balance bigint NOT NULL, -- balances and versions as the transaction left them
    debit_version bigint NOT NULL,
    credit_balance bigint NOT NULL,
    credit_version bigint NOT NULL,
    seq bigint, -- dividends: the wallet's dividend_seq
    round_id uuid,
    payout_id uuid,
    CHECK (debit <> credit)
) PARTITION BY RANGE (at);
CREATE INDEX transfers_debit ON transfers (debit, debit_version);
CREATE INDEX transfers_credit ON transfers (credit, credit_version);
CREATE INDEX transfers_dividends ON transfers (credit, seq) WHERE seq IS NOT NULL;

-- A transfer's key is unique for ever; a partitioned table can't promise that itself.
CREATE TABLE transfer_keys (key text PRIMARY KEY);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE ON transfers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_keys_append_only BEFORE UPDATE OR DELETE ON transfer_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_keys_no_truncate BEFORE TRUNCATE ON transfer_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON transfers, transfer_keys FROM CURRENT_USER;

-- Locks every account of the transfers in id order, writes the transfers whose key is new and moves the balances.
-- A repeated key moves nothing. Answers each account that was named, as it stands afterwards.
CREATE FUNCTION post_transfers(
    p_ids uuid[], p_keys text[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_reasons text[],
    p_round uuid, p_payout uuid
) RETURNS TABLE (o_account bigint, o_balance bigint, o_version bigint) LANGUAGE plpgsql AS $$
DECLARE
    fresh text[];
    written integer;
BEGIN
    PERFORM 1 FROM accounts a WHERE a.account_id = ANY (p_debits || p_credits) ORDER BY a.account_id FOR NO KEY UPDATE;
    WITH added AS (INSERT INTO transfer_keys SELECT unnest(p_keys) ON CONFLICT DO NOTHING RETURNING key)
        SELECT coalesce(array_agg(key), '{}') INTO fresh FROM added;
    IF EXISTS ( -- a wallet must cover what it gives before it gets: winnings of the same step don't count
        SELECT 1 FROM accounts a JOIN (
            SELECT t.debit, sum(t.amount) AS given FROM unnest(p_keys, p_debits, p_amounts) AS t (key, debit, amount)
            WHERE t.key = ANY (fresh) GROUP BY t.debit
        ) g ON g.debit = a.account_id WHERE a.kind = 'wallet' AND a.balance < g.given
    ) THEN
        RAISE EXCEPTION 'the balance does not cover this'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_balance_not_negative';
    END IF;
    UPDATE accounts a SET balance = a.balance + m.moved, version = a.version + 1
    FROM (
        SELECT l.account_id, sum(l.moved)::bigint AS moved FROM (
            SELECT t.debit AS account_id, -t.amount AS moved
            FROM unnest(p_keys, p_debits, p_amounts) AS t (key, debit, amount) WHERE t.key = ANY (fresh)
            UNION ALL
            SELECT t.credit, t.amount
            FROM unnest(p_keys, p_credits, p_amounts) AS t (key, credit, amount) WHERE t.key = ANY (fresh)
        ) l GROUP BY l.account_id
    ) m WHERE a.account_id = m.account_id;
    INSERT INTO transfers (transfer_id, key, debit, credit, amount, reason, debit_balance, debit_version,
                           credit_balance, credit_version, round_id, payout_id)
    SELECT t.id, t.key, t.debit, t.credit, t.amount, t.reason, d.balance, d.version, c.balance, c.version,
           p_round, p_payout
    FROM unnest(p_ids, p_keys, p_debits, p_credits, p_amounts, p_reasons)
             WITH ORDINALITY AS t (id, key, debit, credit, amount, reason, n)
    JOIN accounts d ON d.account_id = t.debit
    JOIN accounts c ON c.account_id = t.credit
    WHERE t.key = ANY (fresh)
    ORDER BY t.n;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(fresh) THEN -- no account, or one key twice: half a transfer would have moved
        RAISE EXCEPTION 'transfers name an unknown account or a key twice' USING ERRCODE = 'data_exception';
    END IF;
    RETURN QUERY SELECT a.account_id, a.balance, a.version FROM accounts a
        WHERE a.account_id = ANY (p_debits || p_credits) ORDER BY a.account_id;
END $$;

-- People ------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    user_id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL CONSTRAINT users_name_unique UNIQUE, -- NFKC, case folded
    role text NOT NULL CHECK (role IN ('player', 'admin')),
    is_guest boolean NOT NULL DEFAULT false,
    password_hash text, -- Argon2id; null for guests
    email text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    suspended_at timestamptz,
    muted_at timestamptz,
    topped_up_at timestamptz
);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY, -- SHA-256 of the token; the token itself is nowhere
    user_id uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE commands (
    user_id uuid NOT NULL,
    command_id text NOT NULL,
    fingerprint bytea NOT NULL, -- SHA-256 of the command's name and payload
    ack jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, command_id)
);
CREATE INDEX commands_age ON commands USING brin (at);

CREATE TABLE admin_actions (
    action_id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    admin_id uuid, -- null: from the command line
    action text NOT NULL,
    target text,
    facts jsonb NOT NULL DEFAULT '{}'
);

-- Syndicates and dividends ------------------------------------------------------------------------------------------

CREATE TABLE syndicates (
    syndicate_id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL CONSTRAINT syndicates_name_unique UNIQUE,
    owner_id uuid NOT NULL,
    treasury_id bigint NOT NULL,
    dividend_bps integer NOT NULL CHECK (dividend_bps BETWEEN 1 AND 10000),
    minimum_payout bigint NOT NULL DEFAULT 0 CHECK (minimum_payout >= 0),
    reserve bigint NOT NULL DEFAULT 0 CHECK (reserve >= 0),
    payouts_made integer NOT NULL DEFAULT 0, -- until the first one, shares count at once
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE members (
    user_id uuid PRIMARY KEY, -- one syndicate a player
    syndicate_id uuid NOT NULL,
    wallet_id bigint NOT NULL,
    shares bigint NOT NULL DEFAULT 0 CHECK (shares >= 0),
    pending_shares bigint NOT NULL DEFAULT 0 CHECK (pending_shares >= 0), -- become shares when the next payout is made
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 80);
CREATE INDEX members_syndicate ON members (syndicate_id, user_id);

CREATE TABLE runs (
    run_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('scheduled', 'manual')),
    period text CONSTRAINT runs_period_unique UNIQUE,
    status text NOT NULL CHECK (status IN ('SCHEDULING', 'RUNNING', 'COMPLETED', 'CANCELLED')),
    plan_id uuid,
    started_by uuid,
    scheduled_through uuid, -- SCHEDULING: the last syndicate that has its payout row
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX runs_one_at_a_time ON runs ((true)) WHERE status IN ('SCHEDULING', 'RUNNING');

CREATE TABLE payouts (
    payout_id uuid PRIMARY KEY,
    run_id uuid NOT NULL,
    syndicate_id uuid NOT NULL,
    page integer NOT NULL, -- those of a page are one job
    status text NOT NULL DEFAULT 'SCHEDULED'
        CHECK (status IN ('SCHEDULED', 'PAID', 'SKIPPED', 'FAILED', 'CANCELLED')),
    amount bigint NOT NULL DEFAULT 0,
    members integer NOT NULL DEFAULT 0, -- how many were paid
    reason text, -- SKIPPED: why
    error text, -- the last failure
    attempts integer NOT NULL DEFAULT 0, -- real failures only
    claimed_at timestamptz, -- a worker has it in hand
    retry_at timestamptz, -- it failed: rung alone, not with its page, and not before
    finished_at timestamptz,
    treasury_version bigint, -- PAID: finds its transfers by (treasury, version)
    CONSTRAINT payouts_once_a_run UNIQUE (run_id, syndicate_id),
    CHECK ((status = 'SCHEDULED') = (finished_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX payouts_open ON payouts (run_id, page) WHERE status = 'SCHEDULED';
CREATE INDEX payouts_syndicate ON payouts (syndicate_id, payout_id);

CREATE TABLE plans (
    plan_id uuid PRIMARY KEY,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_by_run uuid
);
CREATE TABLE plan_payouts (
    plan_id uuid NOT NULL,
    syndicate_id uuid NOT NULL,
    amount bigint NOT NULL,
    members integer NOT NULL,
    shares_fingerprint bytea NOT NULL,
    PRIMARY KEY (plan_id, syndicate_id)
);

CREATE TABLE outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream text NOT NULL, -- order is kept within a stream
    event text NOT NULL,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (outbox_id) WHERE published_at IS NULL;

CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE lane (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    paused boolean NOT NULL DEFAULT false,
    since timestamptz NOT NULL DEFAULT clock_timestamp() -- periods that were due before are nobody's
);
INSERT INTO lane DEFAULT VALUES;

-- Tables ------------------------------------------------------------------------------------------------------------

CREATE TABLE tables (
    table_id text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    state bytea NOT NULL,
    phase text NOT NULL,
    round_id uuid,
    round_started_at timestamptz, -- when the round in play was dealt
    deadline timestamptz, -- no index: it would end HOT updates
    escrow_id bigint NOT NULL,
    bank_id bigint NOT NULL,
    bank_target bigint NOT NULL, -- the bank is filled up to this when it falls below half of it
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE TABLE shoes (
    table_id text NOT NULL,
    shoe_number integer NOT NULL,
    commitment text NOT NULL CONSTRAINT shoes_commitment_unique UNIQUE,
    wrapped_seed bytea NOT NULL, -- the server seed, encrypted with SHOE_KEYS
    client_seeds text[], -- frozen when the shoe starts
    decks integer,
    rules jsonb,
    started_at timestamptz,
    revealed_at timestamptz,
    PRIMARY KEY (table_id, shoe_number)
);

CREATE TABLE journal (
    table_id text NOT NULL,
    version bigint NOT NULL, -- of the state after these events
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    round_id uuid,
    user_id uuid, -- null: the clock or an operator
    command_id text,
    command text NOT NULL,
    events bytea NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX journal_table ON journal (table_id, version);

CREATE TABLE rounds (
    round_id uuid PRIMARY KEY,
    table_id text NOT NULL,
    started_at timestamptz NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    record jsonb NOT NULL -- without seeds: they are added when the shoe is revealed
);
CREATE INDEX rounds_table ON rounds (table_id, round_id);
CREATE INDEX rounds_settled ON rounds (table_id, settled_at); -- finds the rounds of a shoe

CREATE TABLE round_seats (
    user_id uuid NOT NULL,
    round_id uuid NOT NULL,
    table_id text NOT NULL,
    seat integer NOT NULL,
    staked bigint NOT NULL,
    paid bigint NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    syndicate_id uuid, -- the player's at settlement
    accrued_at timestamptz, -- swept into the treasury
    PRIMARY KEY (user_id, round_id)
);
CREATE INDEX round_seats_to_accrue ON round_seats (table_id, syndicate_id)
    WHERE syndicate_id IS NOT NULL AND accrued_at IS NULL;

-- What settled stakes have earned, in 1/10,000 cents: units = 10,000 x (transfers of reason accrual) + carry.
CREATE TABLE accruals (
    table_id text NOT NULL,
    syndicate_id uuid NOT NULL,
    units bigint NOT NULL DEFAULT 0,
    carry bigint NOT NULL DEFAULT 0 CHECK (carry BETWEEN 0 AND 9999),
    PRIMARY KEY (table_id, syndicate_id)
);

CREATE FUNCTION ensure_partitions(p_months integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    month date;
    child text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['transfers', 'journal'] LOOP
        IF to_regclass(parent || '_rest') IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_rest', parent);
        END IF;
        FOR n IN 0..p_months LOOP
            month := (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + make_interval(months => n))::date;
            child := parent || to_char(month, '_YYYY_MM');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                               month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
            END IF;
        END LOOP;
    END LOOP;
    FOR child IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'transfers'::regclass LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = child::regclass AND tgname = 'transfers_no_truncate')
        THEN
            EXECUTE format('CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON %s '
                           'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', child);
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM CURRENT_USER', child);
        END IF;
    END LOOP;
END $$;
SELECT ensure_partitions(3);

-- The hot path: one move of one table in one statement. Outcomes: committed; moved (another version is there: reload);
-- untimely (the guard on the deadline does not hold). Raises MC001 for a command id that was used before, MC002 for a
-- suspended user and 23514 accounts_balance_not_negative for a balance that does not cover the move.
CREATE FUNCTION floor_commit(
    p_table_id text, p_version bigint, p_state bytea, p_phase text, p_round uuid, p_dealt boolean,
    p_guard text, -- any: no deadline matters; in_time: until 250 ms after it; expired: from it on
    p_timer_ms integer, -- null: the deadline stays; -1: none; else from now
    p_user uuid, p_wallet bigint, p_command_id text, p_fingerprint bytea, p_ack jsonb,
    p_command text, p_events bytea,
    p_ids uuid[], p_keys text[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_reasons text[]
) RETURNS TABLE (outcome text, deadline timestamptz, deadline_ms integer, ack jsonb,
                 account_ids bigint[], balances bigint[], versions bigint[]) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := clock_timestamp();
    due timestamptz;
    left_ms integer;
    answer jsonb := p_ack;
    ids bigint[];
    sums bigint[];
    vers bigint[];
BEGIN
    UPDATE tables t SET
        version = t.version + 1, state = p_state, phase = p_phase, round_id = p_round,
        round_started_at = CASE WHEN p_dealt THEN moment ELSE t.round_started_at END,
        deadline = CASE WHEN p_timer_ms IS NULL THEN t.deadline
                        WHEN p_timer_ms < 0 THEN NULL
                        ELSE moment + make_interval(secs => p_timer_ms / 1000.0) END
    WHERE t.table_id = p_table_id AND t.version = p_version
        AND CASE p_guard WHEN 'in_time' THEN t.deadline IS NULL OR clock_timestamp() < t.deadline + interval '250 ms'
                         WHEN 'expired' THEN clock_timestamp() >= t.deadline
                         ELSE true END
    RETURNING t.deadline INTO due;
    IF NOT FOUND THEN
        RETURN QUERY SELECT CASE WHEN t.version = p_version THEN 'untimely' ELSE 'moved' END, t.deadline,
            (extract(epoch FROM t.deadline - clock_timestamp()) * 1000)::integer, NULL::jsonb,
            NULL::bigint[], NULL::bigint[], NULL::bigint[]
        FROM tables t WHERE t.table_id = p_table_id;
        RETURN;
    END IF;
    left_ms := greatest(0, (extract(epoch FROM due - moment) * 1000)::integer);
    IF p_command_id IS NOT NULL THEN
        IF EXISTS (SELECT 1 FROM users u WHERE u.user_id = p_user AND u.suspended_at IS NOT NULL) THEN
            RAISE EXCEPTION 'suspended' USING ERRCODE = 'MC002';
        END IF;
    END IF;
    IF cardinality(p_keys) > 0 THEN
        SELECT array_agg(o_account), array_agg(o_balance), array_agg(o_version) INTO ids, sums, vers
        FROM post_transfers(p_ids, p_keys, p_debits, p_credits, p_amounts, p_reasons, p_round, NULL);
    END IF;
    IF p_command_id IS NOT NULL THEN
        IF answer ? 'balance' THEN
            answer := answer || jsonb_build_object('balance',
                (SELECT a.balance FROM accounts a WHERE a.account_id = p_wallet));
        END IF;
        IF answer ? 'table' THEN
            answer := jsonb_set(answer, '{table}', (answer -> 'table') || jsonb_build_object(
                'deadline', to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'deadline_ms', left_ms));
        END IF;
        INSERT INTO commands (user_id, command_id, fingerprint, ack)
            VALUES (p_user, p_command_id, p_fingerprint, answer) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'command id was used before' USING ERRCODE = 'MC001';
        END IF;
    END IF;
    INSERT INTO journal (table_id, version, round_id, user_id, command_id, command, events)
        VALUES (p_table_id, p_version + 1, p_round, p_user, p_command_id, p_command, p_events);
    RETURN QUERY SELECT 'committed'::text, due, left_ms, answer, ids, sums, vers;
END $$;
