SELECT DISTINCT
    eservices.organisation_id AS value,
    if(organisations.name = '', eservices.organisation_id, organisations.name) AS text
FROM eservices FINAL
LEFT JOIN (SELECT organisation_id, name FROM organisations FINAL) AS organisations USING (organisation_id)
ORDER BY text
