-- Up to where each partition of a topic has been counted in every table.
SELECT
    kafka_partition,
    max(next_offset)
FROM consumed_offsets
WHERE topic = {topic:String}
    AND kafka_partition IN {partitions:Array(UInt16)}
GROUP BY kafka_partition
