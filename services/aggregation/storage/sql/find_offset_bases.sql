-- What is added to the offsets of each partition of a topic before they are stored.
SELECT
    kafka_partition,
    max(base)
FROM offset_bases
WHERE topic = {topic:String}
    AND kafka_partition IN {partitions:Array(UInt16)}
GROUP BY kafka_partition
