-- Rows, bytes and parts of each of our tables, as the node that answers has them.
SELECT
    table,
    sum(rows),
    sum(bytes_on_disk),
    count()
FROM system.parts
WHERE active
    AND database = currentDatabase()
GROUP BY table
