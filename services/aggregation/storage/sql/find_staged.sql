-- Batches that are staged but perhaps not counted in every table, in the order of their chain.
-- By their end: a mark may lie within one, where an earlier version read on over duplicates only.
SELECT
    batch_first_offset,
    max(batch_next_offset),
    groupUniqArrayIf(eservice_id, eservice_id != '')
FROM {table:Identifier}
WHERE kafka_partition = {partition:UInt16}
    AND batch_next_offset > {offset:UInt64}
GROUP BY batch_first_offset
ORDER BY batch_first_offset
