{#- Return Spark's name of a type in contracts and seeds. In Spark, varchar needs a length and string does not. -#}
{% macro spark_type(data_type) -%}
    {{ return('string' if data_type == 'varchar' else data_type) }}
{%- endmacro %}

{#- The macros below call dbt's own macros with translated columns. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do translated.update({name: dict(column, data_type=spark_type(column['data_type']))}) -%}
    {%- endfor -%}
    {{ return(dbt.default__get_empty_schema_sql(translated)) }}
{%- endmacro %}

{#- Give every column of a seed a type. Whole numbers without a type become integers, as dbt does on DuckDB. -#}
{% macro seed_in_spark_types(seed, agate_table) -%}
    {%- set types = {} -%}
    {%- for name in agate_table.column_names -%}
        {%- set inferred = adapter.convert_type(agate_table, loop.index0) | replace('bigint', 'integer') -%}
        {%- do types.update({name: spark_type(seed['config'].get('column_types', {}).get(name, inferred))}) -%}
    {%- endfor -%}
    {{ return(dict(seed, config=dict(seed['config'], column_types=types))) }}
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {{ return(dbt.spark__create_csv_table(seed_in_spark_types(model, agate_table), agate_table)) }}
{%- endmacro %}

{#- In a session, dbt-spark's own macro puts nulls and quotes into the statement without escaping them. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = seed_in_spark_types(model, agate_table)['config']['column_types'].values() | list -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set sql -%}
            insert into {{ this.render() }} values
            {% for row in rows -%}
                ({%- for value in row -%}
                    cast({{ spark_literal(value) }} as {{ types[loop.index0] }}){{ ', ' if not loop.last }}
                {%- endfor -%}){{ ',' if not loop.last }}
            {% endfor -%}
        {%- endset -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}

{% macro spark_literal(value) -%}
    {%- if value is none -%}
        null
    {%- else -%}
        '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}

{#-
    Plain files of Spark do not support `not null`. dbt-spark finds this only after a table is made. Tests look for
    nulls instead.
-#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- if config.get('file_format') == 'delta' -%}
        {{ return(dbt.spark__persist_constraints(relation, model)) }}
    {%- endif -%}
{%- endmacro %}
