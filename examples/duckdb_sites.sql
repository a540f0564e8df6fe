-- In the folder of a dataset: `duckdb < examples/duckdb_sites.sql`, or line by line.

-- --8<-- [start:sites]
-- What each site gave, and how much of its pages was not text.
select site, count(*) as articles, round(avg(lines_removed / lines_total), 2) as removed
from 'articles/**/*.parquet'
group by site
order by articles desc, site
limit 10;
-- --8<-- [end:sites]

-- --8<-- [start:rules]
-- Which rules took most out, with a line each.
select rule, count(*) as lines, any_value(text) as example
from 'removed/**/*.parquet'
group by rule
order by lines desc, rule
limit 10;
-- --8<-- [end:rules]

-- --8<-- [start:export]
-- A training set: the longer articles in English, each text once.
copy (
    select any_value(doc_id) as doc_id, any_value(title) as title, any_value(text) as text
    from 'articles/**/*.parquet'
    where language = 'en' and signals.words >= 50
    group by text_sha256
    order by doc_id
) to 'english.parquet' (format parquet, compression zstd);
-- --8<-- [end:export]
