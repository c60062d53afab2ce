-- Pair every figure of the chat with that of an earlier period. A category without a row in the earlier period counts
-- as 0.
with known as (
    select distinct population, period_type, period_start, period_end, variable, n_known
    from {{ ref('indicators') }}
)

select
    figures.source, figures.unit, figures.population, figures.period_type, figures.period_start, figures.period_end,
    figures.variable, figures.category, figures.n, figures.n_known, periods.basis, periods.previous_start,
    coalesce(earlier.n, 0) as n_previous,
    coalesce(known.n_known, 0) as n_known_previous,
    periods.is_complete,
    -- The base of form_group is the population itself. If nobody was in the population, that is known too.
    known.n_known is not null or figures.variable = 'form_group' as is_known_before
from {{ ref('indicators') }} as figures
inner join {{ ref('int_comparison_periods') }} as periods
    on
        figures.period_type = periods.period_type
        and figures.period_start = periods.period_start
        and figures.period_end = periods.period_end
left join {{ ref('indicators') }} as earlier
    on
        figures.population = earlier.population
        and figures.period_type = earlier.period_type
        and periods.previous_start = earlier.period_start
        and periods.previous_end = earlier.period_end
        and figures.variable = earlier.variable
        and figures.category = earlier.category
left join known
    on
        figures.population = known.population
        and figures.period_type = known.period_type
        and periods.previous_start = known.period_start
        and periods.previous_end = known.period_end
        and figures.variable = known.variable
