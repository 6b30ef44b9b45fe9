-- The newest ratings of one e-service, suspected ones too, without comments.
SELECT
    toUnixTimestamp64Milli(given_at) AS given_at_milliseconds,
    question_id,
    stars,
    language,
    end_point,
    is_verified,
    suspicion
FROM ratings
WHERE eservice_id = {eservice_id:String}
ORDER BY given_at DESC
LIMIT {limit:UInt32}
-- From the end of the primary key: a few granules, however many rows there are.
SETTINGS max_threads = 1, optimize_read_in_order = 1
