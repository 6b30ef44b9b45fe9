-- Seconds since the newest rating, to the minute; nothing where there was none for three days.
SELECT if(count() = 0, NULL, dateDiff('second', max(minute), now())) AS `Newest rating`
FROM ratings_by_minute
WHERE eservice_id = ${eservice_id:singlequote}
