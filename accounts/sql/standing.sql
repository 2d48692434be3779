-- Accounts that were merged (id), each with the one that it is a part of in the end (into_id); see selectors.standing_accounts.
WITH RECURSIVE way AS (
    SELECT id, merged_into_id AS into_id FROM accounts_account WHERE merged_into_id IS NOT NULL
    UNION
    SELECT w.id, a.merged_into_id FROM way w JOIN accounts_account a ON a.id = w.into_id WHERE a.merged_into_id IS NOT NULL
)
SELECT w.id, w.into_id FROM way w JOIN accounts_account a ON a.id = w.into_id WHERE a.merged_into_id IS NULL
