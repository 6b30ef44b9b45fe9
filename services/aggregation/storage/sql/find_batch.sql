-- Where the batch ends that is staged at the end of a partition's chain: perhaps not ours.
SELECT max(batch_next_offset)
FROM {table:Identifier}
WHERE kafka_partition = {partition:UInt16}
    AND batch_first_offset = {first_offset:UInt64}
