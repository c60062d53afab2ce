{#- The wall clock of the configured time zone at a moment: it decides day, month and year. -#}
{% macro local_timestamp(moment) -%}
    {{ return(adapter.dispatch('wall_clock', 'zicht')(moment, env_var('ZICHT_DBT_TIMEZONE', 'Europe/Amsterdam'))) }}
{%- endmacro %}

{% macro default__wall_clock(moment, zone) -%}
    timezone('{{ zone }}', {{ moment }})
{%- endmacro %}

{#- From the session's time zone, in which Spark shows a moment: it has to be UTC, where no hour comes twice. -#}
{% macro spark__wall_clock(moment, zone) -%}
    convert_timezone('UTC', '{{ zone }}', cast({{ moment }} as timestamp_ntz))
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
