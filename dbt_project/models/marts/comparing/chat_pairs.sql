-- Pair every figure of the chat with that of an earlier period. A category without a row in the earlier period counts
-- as 0. What is asked of a platform alone (the visitors of one platform) is complete if that platform observed both
-- periods.
with known as (
    select distinct population, period_type, period_start, period_end, variable, n_known, n_population
    from {{ ref('indicators') }}
),

-- A population is known only where all its conditions were known of anybody. The form is known of every visitor.
conditions as (
    select
        conditions.population,
        known.period_type,
        known.period_start,
        known.period_end,
        count(distinct conditions.variable) as n_known
    from {{ ref('population_conditions') }} as conditions
    inner join known
        on known.population = 'visitors' and conditions.variable = known.variable
    where conditions.variable not in ('form', 'form_group')
    group by conditions.population, known.period_type, known.period_start, known.period_end
),

needed as (
    select population, count(distinct variable) as n_needed
    from {{ ref('population_conditions') }}
    where variable not in ('form', 'form_group')
    group by population
)

select
    figures.source, figures.unit, figures.population, figures.period_type, figures.period_start, figures.period_end,
    figures.variable, figures.category, figures.n, figures.n_known, figures.n_population,
    periods.basis, periods.previous_start, periods.n_uncoded, periods.n_uncoded_previous, periods.is_complete,
    coalesce(earlier.n, 0) as n_previous,
    coalesce(known.n_known, 0) as n_known_previous,
    coalesce(known.n_population, 0) as n_population_previous,
    -- The base of form_group is the population itself. If nobody was in the population, that is known too.
    (known.n_known is not null or figures.variable = 'form_group')
    and coalesce(conditions.n_known, 0) = coalesce(needed.n_needed, 0) as is_known_before
from {{ ref('indicators') }} as figures
inner join {{ ref('int_comparison_periods') }} as periods
    on
        periods.source = case when figures.variable = 'platform_source' then figures.category else 'chat' end
        and figures.period_type = periods.period_type
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
left join conditions
    on
        figures.population = conditions.population
        and figures.period_type = conditions.period_type
        and periods.previous_start = conditions.period_start
        and periods.previous_end = conditions.period_end
left join needed
    on figures.population = needed.population
