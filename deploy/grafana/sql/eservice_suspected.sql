-- Ratings that are kept but left out of the score, by the reason.
SELECT
    $__timeInterval(given_at) AS time,
    countIf(suspicion = 'address_burst') AS `address_burst`,
    countIf(suspicion = 'repeated_comment') AS `repeated_comment`,
    countIf(suspicion = 'token_reused') AS `token_reused`
FROM ratings
WHERE eservice_id = ${eservice_id:singlequote}
    AND suspicion != ''
    AND $__timeFilter(given_at)
GROUP BY time
ORDER BY time
