-- Changes of stored rows that ClickHouse has not finished.
SELECT count() AS `Mutations under way`
FROM system.mutations
WHERE database = currentDatabase() AND NOT is_done
