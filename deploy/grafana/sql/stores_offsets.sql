-- How far each partition of Kafka is stored; a start goes on from here.
SELECT
    topic AS `Topic`,
    kafka_partition AS `Partition`,
    max(next_offset) AS `Next offset`,
    dateDiff('second', max(stored_at), now64(3)) AS `Marked before`
FROM consumed_offsets
GROUP BY topic, kafka_partition
ORDER BY topic, kafka_partition
