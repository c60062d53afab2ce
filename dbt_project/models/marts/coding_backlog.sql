-- Count the visits that wait for a researcher, by the month of the visit.
with steps as (
    select
        source,
        period_start,
        period_end,
        sum(case when step in ('not_related', 'uncoded', 'visitor') then n else 0 end) as n_visits,
        sum(case when step = 'uncoded' then n else 0 end) as n_waiting
    from {{ ref('funnel') }}
    where period_type = 'month'
    group by source, period_start, period_end
)

select
    source,
    period_start,
    period_end,
    cast(n_visits as bigint) as n_visits,
    cast(n_visits - n_waiting as bigint) as n_coded,
    cast(n_waiting as bigint) as n_waiting
from steps
