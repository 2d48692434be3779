-- With an account changes what it counts for and everything that counts for the same: all of them are derived together.
INSERT INTO changed (id)
WITH root AS (
    SELECT DISTINCT coalesce(l.root_id, c.id) AS id FROM changed c LEFT JOIN logo l ON l.account_id = c.id
)
(SELECT id FROM root UNION SELECT l.account_id FROM logo l JOIN root ON root.id = l.root_id)
EXCEPT SELECT id FROM changed;
