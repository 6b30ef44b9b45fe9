-- How many comments there are that were given before each e-service's moment.
SELECT
    eservice_id,
    count() AS comments
FROM rating_comments
WHERE eservice_id IN {eservice_ids:Array(String)}
    AND given_at < fromUnixTimestamp64Milli({latest:Int64}, 'UTC')
    AND toUnixTimestamp64Milli(given_at) < transform(
        toString(eservice_id), {eservice_ids:Array(String)}, {befores:Array(Int64)}, toInt64(0)
    )
GROUP BY eservice_id
