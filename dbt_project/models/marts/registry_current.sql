-- Provisional: of each figure the edition whose name sorts last; conflicts are left out.
with ranked as (
    select
        *,
        row_number() over (
            partition by publisher, unit, population, variable, category, reference_year, month, country
            order by edition desc
        ) as recency
    from {{ ref('registry_counts') }}
    where not has_conflict
)

select
    publisher,
    edition,
    reference_year,
    month,
    unit,
    population,
    variable,
    category,
    value_low,
    value_high,
    value,
    is_estimate,
    source_file,
    sheet,
    cell,
    country,
    sex,
    age,
    note,
    harmonised_category,
    relation,
    is_current,
    has_conflict
from ranked
where recency = 1
