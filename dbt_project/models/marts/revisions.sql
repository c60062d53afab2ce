-- What an edition changed: exact figures of one key, each against the edition before it that prints one.
with printed as (
    select
        *,
        lag(edition) over earlier as previous_edition,
        lag(value) over earlier as previous_value
    from {{ ref('int_registry_vintages') }}
    where value is not null and repetition = 1 and not has_conflict
    window earlier as (
        partition by
            publisher, unit, population, variable, compared_category, reference_year, reference_month, country
        order by published_on nulls first, edition
    )
)

select
    publisher,
    unit,
    population,
    variable,
    category,
    reference_year,
    reference_month as month,
    country,
    edition,
    value,
    previous_edition,
    previous_value,
    value - previous_value as difference
from printed
where value <> previous_value
