-- Accounts and everything that stands below them; a circle ends where it began.
WITH RECURSIVE below AS (
    SELECT unnest(%(accounts)s::uuid[]) AS id
    UNION
    SELECT a.id FROM below b JOIN accounts_account a ON a.parent_id = b.id
)
SELECT id FROM below;
