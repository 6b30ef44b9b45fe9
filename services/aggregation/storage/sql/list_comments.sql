-- Comments of one e-service, newest first; a page goes on before the place where the last ended.
SELECT
    toUnixTimestamp64Milli(given_at) AS given_at_milliseconds,
    kafka_partition,
    kafka_offset,
    question_id,
    language,
    end_point,
    is_verified,
    suspicion,
    stars,
    comment
FROM rating_comments
WHERE eservice_id = {eservice_id:String}
    AND given_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND (toUnixTimestamp64Milli(given_at), kafka_partition, kafka_offset)
        < ({milliseconds:Int64}, {partition:UInt16}, {offset:UInt64})
    AND given_at <= fromUnixTimestamp64Milli({milliseconds:Int64}, 'UTC')
    AND ({language:String} = '' OR language = {language:String})
    AND (empty({stars:Array(UInt8)}) OR stars IN {stars:Array(UInt8)})
ORDER BY given_at DESC, kafka_partition DESC, kafka_offset DESC
LIMIT {limit:UInt32}
