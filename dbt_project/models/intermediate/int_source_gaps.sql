-- Find the silences of a platform that chance hardly explains, at its own rate on those weekdays. Days without a
-- conversation follow each other in a silence. Of the 365 silences that could begin in a year, less than 0.001 is a gap
-- by chance (the probability of no event of a Poisson process).
with rates as (
    select
        *,
        cast(
            avg(cast(n as double)) over (partition by source_id, extract(dayofweek from day)) as decimal(18, 9)
        ) as rate,
        sum(case when n > 0 then 1 else 0 end) over (partition by source_id order by day) as silence
    from {{ ref('int_source_days') }}
)

select source_id, min(day) as first_day, max(day) as last_day
from rates
where n = 0
group by source_id, silence
having 365 * exp(-cast(sum(rate) as double)) < 0.001
