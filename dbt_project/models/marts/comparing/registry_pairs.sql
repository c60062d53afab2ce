-- Pair every exact count of the registries with that of an earlier year or month. The earlier count comes from the same
-- edition if that edition prints it, and otherwise from the current figures.
with printed as (
    select
        true as is_in_current_view,
        publisher,
        edition,
        country,
        unit,
        population,
        variable,
        category,
        harmonised_category,
        relation,
        reference_year,
        month,
        value,
        is_estimate,
        has_conflict
    from {{ ref('registry_current') }}
    union all
    select
        false as is_in_current_view,
        publisher,
        edition,
        country,
        unit,
        population,
        variable,
        category,
        harmonised_category,
        relation,
        reference_year,
        month,
        value,
        is_estimate,
        has_conflict
    from {{ ref('registry_counts') }}
),

dated as (
    select
        *,
        -- A label may change between editions and keep its meaning.
        case when relation = 'exact' then harmonised_category else category end as same_category,
        case when month is null then 'year' else 'month' end as period_type,
        {{ month_start('reference_year', 'coalesce(month, 1)') }} as period_start,
        {{ month_end('reference_year', 'coalesce(month, 12)') }} as period_end,
        case when value = floor(value) and not has_conflict then cast(value as bigint) end as n
    from printed
    where not is_estimate and unit not in ('estimate', 'target', 'percent')
),

-- Keep one row for each figure of an edition. Its count is null if the figure is not exact or the edition contradicts
-- itself.
editions as (
    select
        publisher,
        edition,
        country,
        unit,
        population,
        variable,
        same_category,
        period_type,
        period_start,
        case when count(n) = count(*) and min(n) = max(n) then min(n) end as n
    from dated
    where not is_in_current_view
    group by publisher, edition, country, unit, population, variable, same_category, period_type, period_start
),

figures as (
    select
        dated.*,
        bases.basis,
        {{ months_earlier('dated.period_start', 'bases.months') }} as previous_start
    from dated
    inner join (
        values
        ('previous_year', 'year', 12),
        ('previous_month', 'month', 1),
        ('same_month_previous_year', 'month', 12)
    ) as bases (basis, period_type, months)
        on dated.period_type = bases.period_type
    where dated.is_in_current_view and dated.n is not null
),

paired as (
    select
        figures.*,
        case when same_edition.edition is null then shown.n else same_edition.n end as n_previous,
        coalesce(same_edition.edition, shown.edition) as edition_previous
    from figures
    left join editions as same_edition
        on
            figures.publisher = same_edition.publisher
            and figures.edition = same_edition.edition
            and figures.country = same_edition.country
            and figures.unit = same_edition.unit
            and figures.population = same_edition.population
            and figures.variable = same_edition.variable
            and figures.same_category = same_edition.same_category
            and figures.period_type = same_edition.period_type
            and figures.previous_start = same_edition.period_start
    left join dated as shown
        on
            shown.is_in_current_view
            and figures.publisher = shown.publisher
            and figures.country = shown.country
            and figures.unit = shown.unit
            and figures.population = shown.population
            and figures.variable = shown.variable
            and figures.same_category = shown.same_category
            and figures.period_type = shown.period_type
            and figures.previous_start = shown.period_start
)

select
    publisher as source,
    country,
    unit,
    population,
    period_type,
    period_start,
    period_end,
    variable,
    category,
    harmonised_category,
    basis,
    previous_start,
    n,
    n_previous,
    edition,
    edition_previous
from paired
where n_previous is not null
