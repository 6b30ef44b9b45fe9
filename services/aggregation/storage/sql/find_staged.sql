-- Batches that are staged but perhaps not counted in every table, in the order of their chain.
SELECT
    batch_first_offset,
    max(batch_next_offset),
    groupUniqArray(eservice_id)
FROM {table:Identifier}
WHERE kafka_partition = {partition:UInt16}
    AND batch_first_offset >= {offset:UInt64}
GROUP BY batch_first_offset
ORDER BY batch_first_offset
