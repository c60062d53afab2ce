{#-
    What dbt makes of the types in contracts and seeds, with the types of the engine at hand: dbt's own macros, handed
    other columns.
-#}
{% macro in_engine_types(columns) -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do translated.update({name: dict(column, data_type=engine_type(column['data_type']))}) -%}
    {%- endfor -%}
    {{ return(translated) }}
{%- endmacro %}

{% macro postgres__get_empty_schema_sql(columns) -%}
    {{ return(dbt.default__get_empty_schema_sql(in_engine_types(columns))) }}
{%- endmacro %}

{% macro spark__get_empty_schema_sql(columns) -%}
    {{ return(dbt.default__get_empty_schema_sql(in_engine_types(columns))) }}
{%- endmacro %}

{% macro postgres__get_table_columns_and_constraints() -%}
    ({{ adapter.render_raw_columns_constraints(raw_columns=in_engine_types(model['columns'])) | join(', ') }})
{%- endmacro %}

{% macro seed_in_engine_types(seed) -%}
    {%- set types = {} -%}
    {%- for name, data_type in seed['config'].get('column_types', {}).items() -%}
        {%- do types.update({name: engine_type(data_type)}) -%}
    {%- endfor -%}
    {{ return(dict(seed, config=dict(seed['config'], column_types=types))) }}
{%- endmacro %}

{% macro postgres__create_csv_table(model, agate_table) -%}
    {{ return(dbt.default__create_csv_table(seed_in_engine_types(model), agate_table)) }}
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {{ return(dbt.spark__create_csv_table(seed_in_engine_types(model), agate_table)) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {{ return(dbt.spark__load_csv_rows(seed_in_engine_types(model), agate_table)) }}
{%- endmacro %}
