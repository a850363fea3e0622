-- Finds the transfers of a round: they lie in the order of time, so the index is a few pages.
CREATE INDEX transfers_at ON transfers USING brin (at) WITH (autosummarize = on);

-- The hot path: one move of one table in one statement. Outcomes: committed; moved (another version is there: reload);
-- untimely (the guard on the deadline does not hold). Raises MC001 for a command id that was used before, MC002 for a
-- suspended user and 23514 accounts_balance_not_negative for a balance that does not cover the move.
CREATE OR REPLACE FUNCTION floor_commit(
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
    staked_round uuid;
    answer jsonb := p_ack;
    ids bigint[];
    sums bigint[];
    vers bigint[];
BEGIN
    IF cardinality(p_keys) > 0 THEN -- stakes belong to the round before the move: voiding or leaving may start another
        SELECT t.round_id INTO staked_round FROM tables t WHERE t.table_id = p_table_id AND t.version = p_version;
    END IF;
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
        FROM post_transfers(p_ids, p_keys, p_debits, p_credits, p_amounts, p_reasons, staked_round, NULL);
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
