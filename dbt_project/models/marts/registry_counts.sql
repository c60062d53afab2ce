with figures as (
    select
        *,
        counted
        || case when sex = 'total' then '' else '_' || sex end
        || case when age = 'total' then '' else '_' || age end as population
    from {{ ref('int_registry_figures') }}
    where
        unit is not null and variable is not null and sex is not null and age is not null
        and country in ({{ shown_countries() }})
)

select
    publisher,
    edition,
    cast(reference_year as integer) as reference_year,
    reference_month as month,
    unit,
    population,
    variable,
    category,
    cast(value_low as double) as value_low,
    cast(value_high as double) as value_high,
    cast(value as double) as value,
    is_estimate,
    source_file,
    sheet,
    cell,
    country,
    sex,
    age,
    cast(null as varchar) as note,
    cast(null as varchar) as harmonised_category,
    cast(null as varchar) as relation,
    true as is_current,
    count(*) over (
        partition by publisher, edition, reference_year, reference_month, unit, population, variable, category, country
    ) > 1 as has_conflict
from figures
