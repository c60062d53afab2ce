-- Pair every exact count of the registries with that of an earlier year or month. The earlier count comes from the same
-- edition if that edition prints it, and otherwise from the current figures.
{%- set key = 'source, country, unit, population, variable, same_category, period_type' %}
with figures as (
    select
        publisher as source, edition, country, unit, population, variable, category, harmonised_category, is_current,
        -- A label may change between editions and keep its meaning.
        case when relation = 'exact' then harmonised_category else category end as same_category,
        case when month is null then 'year' else 'month' end as period_type,
        {{ month_start('reference_year', 'coalesce(month, 1)') }} as period_start,
        {{ month_end('reference_year', 'coalesce(month, 12)') }} as period_end,
        case when value = floor(value) and not has_conflict then cast(value as bigint) end as n
    from {{ ref('registry_counts') }}
    where not is_estimate and unit not in ('estimate', 'target', 'percent')
),

-- Keep one row for each figure of an edition. Its count is null if the figure is not exact or the edition contradicts
-- itself.
in_editions as (
    select
        {{ key }},
        edition,
        period_start as previous_start,
        case when count(n) = count(*) and min(n) = max(n) then min(n) end as n_in_edition,
        true as is_in_edition
    from figures
    group by {{ key }}, edition, period_start
),

in_current_view as (
    select {{ key }}, period_start as previous_start, edition as current_edition, n as n_current
    from figures
    where is_current
),

later as (
    select
        figures.*,
        bases.basis,
        {{ months_earlier('figures.period_start', 'bases.months') }} as previous_start
    from figures
    inner join {{ comparison_bases() }}
        on figures.period_type = bases.period_type
    where figures.is_current and figures.n is not null
),

paired as (
    select
        source, country, unit, population, period_type, period_start, period_end, variable, category,
        harmonised_category, basis, previous_start, n, edition,
        case when is_in_edition then n_in_edition else n_current end as n_previous,
        case when is_in_edition then edition else current_edition end as edition_previous
    from later
    left join in_editions using ({{ key }}, edition, previous_start)
    left join in_current_view using ({{ key }}, previous_start)
)

select *
from paired
where n_previous is not null
