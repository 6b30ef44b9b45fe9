-- Merges under way: parts becoming fewer and larger.
SELECT
    table AS `Table`,
    num_parts AS `Parts`,
    elapsed AS `For`,
    progress AS `Done`,
    total_size_bytes_compressed AS `Bytes`
FROM system.merges
WHERE database = currentDatabase()
ORDER BY elapsed DESC
