{#- Return the wall-clock time of a moment in the configured time zone. It decides the day, month and year. -#}
{% macro local_timestamp(moment) -%}
    {{ return(adapter.dispatch('wall_clock', 'zicht')(moment, env_var('ZICHT_DBT_TIMEZONE', 'Europe/Amsterdam'))) }}
{%- endmacro %}

{% macro default__wall_clock(moment, zone) -%}
    timezone('{{ zone }}', {{ moment }})
{%- endmacro %}

{#- Spark converts a moment from the time zone of its session. The session must use UTC, where no hour occurs twice. -#}
{% macro spark__wall_clock(moment, zone) -%}
    convert_timezone('UTC', '{{ zone }}', cast({{ moment }} as timestamp_ntz))
{%- endmacro %}

{% macro month_start(year, month) -%}
    make_date({{ year }}, {{ month }}, 1)
{%- endmacro %}

{% macro month_end(year, month) -%}
    cast({{ month_start(year, month) }} + interval '1 month' - interval '1 day' as date)
{%- endmacro %}

{#- Return the same day some months earlier. The first day of a month gives the first day of a month. -#}
{% macro months_earlier(day, months) -%}
    cast({{ day }} - {{ months }} * interval '1 month' as date)
{%- endmacro %}

{% macro day_after(day) -%}
    cast({{ day }} + interval '1 day' as date)
{%- endmacro %}

{% macro day_before(day) -%}
    cast({{ day }} - interval '1 day' as date)
{%- endmacro %}

{#- Return the same day some months later. The first day of a month gives the first day of a month. -#}
{% macro months_later(day, months) -%}
    cast({{ day }} + {{ months }} * interval '1 month' as date)
{%- endmacro %}

{#- Return the number of days from one day to a later one. -#}
{% macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between', 'zicht')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}
    date_diff('day', {{ first_day }}, {{ last_day }})
{%- endmacro %}

{% macro spark__days_between(first_day, last_day) -%}
    cast(datediff({{ last_day }}, {{ first_day }}) as bigint)
{%- endmacro %}
