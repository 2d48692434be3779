-- External ids of the tickets that are asked for.
SELECT id::text AS id, external_id FROM asked_ticket;
