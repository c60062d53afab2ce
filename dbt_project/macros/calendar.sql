{#- The wall clock of the configured time zone at a moment: it decides day, month and year. -#}
{% macro local_timestamp(moment) -%}
    timezone('{{ env_var("ZICHT_DBT_TIMEZONE", "Europe/Amsterdam") }}', {{ moment }})
{%- endmacro %}

{% macro month_start(year, month) -%}
    make_date({{ year }}, {{ month }}, 1)
{%- endmacro %}

{% macro month_end(year, month) -%}
    cast({{ month_start(year, month) }} + interval '1 month' - interval '1 day' as date)
{%- endmacro %}

{#- The same day some months earlier; of a first day of a month, a first day. -#}
{% macro months_earlier(day, months) -%}
    cast({{ day }} - {{ months }} * interval '1 month' as date)
{%- endmacro %}

{% macro day_after(day) -%}
    cast({{ day }} + interval '1 day' as date)
{%- endmacro %}

{% macro day_before(day) -%}
    cast({{ day }} - interval '1 day' as date)
{%- endmacro %}
