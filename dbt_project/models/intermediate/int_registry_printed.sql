-- Collect all delivered cells of UNODC and of every registry in one shape. zicht passes the names of the registries
-- from connectors/catalogue.py.
select
    source_id,
    delivery_id,
    publisher,
    edition,
    table_name,
    country,
    unit,
    population,
    variable,
    category,
    sex,
    age,
    reference_year,
    reference_month,
    value_low,
    value_high,
    value,
    is_estimate,
    note,
    sheet,
    cell
from {{ ref('int_glotip_figures') }}
{% for kind in env_var('ZICHT_DBT_REGISTRIES', '').split(',') if kind %}
    union all
    select
        source_id,
        delivery_id,
        publisher,
        edition,
        table_name,
        country,
        unit,
        population,
        variable,
        category,
        sex,
        age,
        reference_year,
        reference_month,
        value_low,
        value_high,
        value,
        is_estimate,
        note,
        sheet,
        cell
    from {{ ref('stg_' ~ kind ~ '__figures') }}
{% endfor %}
