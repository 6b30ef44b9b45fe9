-- How many ratings came with a comment. What was written is for the organisation alone.
SELECT
    $__timeInterval(given_at) AS time,
    countIf(suspicion = '') AS `comments`,
    countIf(suspicion != '') AS `suspected`
FROM rating_comments
WHERE eservice_id = ${eservice_id:singlequote}
    AND $__timeFilter(given_at)
GROUP BY time
ORDER BY time
