-- Estimate how soon visits are coded, by the method of Kaplan and Meier: a visit that waits counts until its delay so
-- far, and not as one that is never coded.
with visits as (
    select source_id as source, delay_days, coded_on
    from {{ ref('int_coding_delays') }}
    union all
    select 'chat' as source, delay_days, coded_on
    from {{ ref('int_coding_delays') }}
),

days as (
    select
        source,
        delay_days,
        count(coded_on) as n_coded,
        count(*) - count(coded_on) as n_pending
    from visits
    group by source, delay_days
),

at_risk as (
    select
        *,
        sum(n_coded + n_pending) over (partition by source order by delay_days desc) as n_at_risk
    from days
),

-- The share that waits is a product over the days: the exponent of a sum of logarithms. It is 0 if nobody is left.
estimates as (
    select
        *,
        case
            when n_coded = n_at_risk then 1.0
            else round(
                1.0 - exp(
                    sum(ln(cast(nullif(n_at_risk - n_coded, 0) as double) / cast(n_at_risk as double)))
                        over (partition by source order by delay_days)
                ), 9
            )
        end as share_coded
    from at_risk
)

select
    source,
    cast(delay_days as bigint) as delay_days,
    cast(n_at_risk as bigint) as n_at_risk,
    cast(n_coded as bigint) as n_coded,
    cast(n_pending as bigint) as n_pending,
    cast(share_coded as double) as share_coded,
    cast(min(case when share_coded >= 0.5 then delay_days end) over (partition by source) as bigint) as median_days
from estimates
