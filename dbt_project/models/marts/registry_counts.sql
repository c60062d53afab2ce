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
    count(*) over (
        partition by publisher, edition, reference_year, reference_month, unit, population, variable, category, country
    ) > 1 as has_conflict,
    true as is_current
from figures
union all
-- Provisional: served only beside UNODC's figures, until the registries' own readers stand.
select
    publisher,
    edition,
    cast(reference_year as integer) as reference_year,
    cast(null as integer) as month,
    unit,
    population,
    variable,
    category,
    cast(value as double) as value_low,
    cast(value as double) as value_high,
    cast(value as double) as value,
    unit = 'estimate' as is_estimate,
    'provisional' as source_file,
    edition as sheet,
    unit || population || variable || category || cast(reference_year as varchar) as cell,
    'NLD' as country,
    'total' as sex,
    'total' as age,
    false as has_conflict,
    edition = max(edition) over (partition by publisher, reference_year, unit, population, variable, category)
        as is_current
from {{ ref('provisional_registry_figures') }}
where exists (select 1 as found from figures)
