-- List the values that an edition changed. Each exact figure is compared with the last earlier edition that prints an
-- exact figure under the same key.
with printed as (
    select
        *,
        lag(edition) over earlier as previous_edition,
        lag(value) over earlier as previous_value
    from {{ ref('int_registry_vintages') }}
    where value is not null and repetition = 1 and not has_conflict
    window earlier as (
        partition by publisher, unit, population, variable, compared_category, reference_year, month, country
        order by published_on nulls first, edition
    )
)

select
    publisher, unit, population, variable, category, reference_year, month, country, edition, value, previous_edition,
    previous_value,
    value - previous_value as difference
from printed
where value <> previous_value
