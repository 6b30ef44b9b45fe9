-- Each table of ours with its parts; many parts in one partition make ClickHouse slow.
SELECT
    table AS `Table`,
    sum(rows_) AS `Rows`,
    sum(bytes_) AS `Bytes`,
    sum(parts_) AS `Parts`,
    max(parts_) AS `Most parts in one partition`,
    if(sum(rows_) = 0, NULL, sum(bytes_) / sum(rows_)) AS `Bytes of a row`
FROM
(
    SELECT
        table,
        partition_id,
        sum(rows) AS rows_,
        sum(bytes_on_disk) AS bytes_,
        count() AS parts_
    FROM system.parts
    WHERE active AND database = currentDatabase()
    GROUP BY table, partition_id
)
GROUP BY table
ORDER BY `Bytes` DESC
