-- Ratings of a year, busier e-services first, as `spread` hands them to the tables.
INSERT INTO ratings_inbox
WITH
    [{ids}] AS ids,
    now64(3, 'UTC') AS moment,
    number + {start} AS n,
    sipHash64(n) AS chance,
    moment - toIntervalMillisecond(toInt64(365. * 86400000 * (1 - n / {total}))) AS given
SELECT
    ids[1 + toUInt32(length(ids) * pow((chance % 100003) / 100003, 2))] AS eservice_id,
    ['ease', 'clarity', 'speed', 'result'][1 + intDiv(chance, 7) % 4] AS question_id,
    ['fi', 'fi', 'fi', 'fi', 'fi', 'fi', 'fi', 'fi', 'sv', 'en'][1 + intDiv(chance, 31) % 10] AS language,
    if(intDiv(chance, 337) % 100 < 93, 'completed', 'interrupted') AS end_point,
    'widget' AS source,
    intDiv(chance, 1021) % 2 = 0 AS is_verified,
    '' AS suspicion,
    [1, 2, 3, 4, 4, 5, 5, 5, 5, 1][1 + intDiv(chance, 3001) % 10] AS stars,
    '' AS comment,
    given AS given_at,
    given + toIntervalMillisecond(20 + chance % 900) AS received_at,
    received_at AS stored_at,
    chance % 6 AS kafka_partition,
    n AS kafka_offset
FROM numbers({chunk})
