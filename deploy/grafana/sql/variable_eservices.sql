SELECT eservice_id AS value, if(name = '', eservice_id, name) AS text
FROM eservices FINAL
WHERE $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
ORDER BY text
