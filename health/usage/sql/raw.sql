-- The raw events of the piece, read once.
CREATE TEMPORARY TABLE usage_raw (
    account_id uuid, day date, known_on date, user_ref text, event text, session text, occurred_at timestamptz, quantity numeric
) ON COMMIT DROP
