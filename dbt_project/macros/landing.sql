{#- Return the source or the delivery of a landed row from its path: <source>/<table>/<delivery>.parquet. -#}
{% macro landed_source(filename) -%}
    regexp_extract({{ filename }}, '([^/]+)/[^/]+/[^/]+[.]parquet$', 1)
{%- endmacro %}

{% macro landed_delivery(filename) -%}
    regexp_extract({{ filename }}, '([^/]+)[.]parquet$', 1)
{%- endmacro %}

{#- Return true if a list of texts contains a word. -#}
{% macro list_holds(list, word) -%}
    coalesce({{ adapter.dispatch('list_contains', 'zicht')(list, word) }}, false)
{%- endmacro %}

{% macro default__list_contains(list, word) -%}
    list_contains({{ list }}, '{{ word }}')
{%- endmacro %}

{% macro spark__list_contains(list, word) -%}
    array_contains({{ list }}, '{{ word }}')
{%- endmacro %}

{#- Join the texts of a list. -#}
{% macro joined(list, separator) -%}
    {{ return(adapter.dispatch('joined', 'zicht')(list, separator)) }}
{%- endmacro %}

{% macro default__joined(list, separator) -%}
    array_to_string({{ list }}, {{ separator }})
{%- endmacro %}

{% macro spark__joined(list, separator) -%}
    array_join({{ list }}, {{ separator }})
{%- endmacro %}

{#- Return true if a list of folded tags contains a word in a tag of other words too, such as `geen mensenhandel`. -#}
{% macro list_resembles(list, word) -%}
    {%- set marks = '.,;:!?/|()[]{}"+*&#@<>=_-' -%}
    {%- set ends = 'chr(31)' -%}
    {%- set others = "replace(" ~ ends ~ " || " ~ joined(list, ends ~ " || " ~ ends) ~ " || " ~ ends ~ ", "
        ~ ends ~ " || '" ~ word ~ "' || " ~ ends ~ ", '')" -%}
    coalesce(
        position(
            translate(' {{ word }} ', '{{ marks }}', '{{ ' ' * marks | length }}')
            in translate({{ others }}, {{ ends }} || '{{ marks }}', '{{ ' ' * (marks | length + 1) }}')
        ) > 0,
        false
    )
{%- endmacro %}

{#- Return the result of a macro for the tags that flag a conversation of its source (`flag_tags` in zicht.toml). -#}
{% macro for_flags(macro, source, tags) -%}
    {%- set flags = fromjson(env_var('ZICHT_DBT_FLAG_TAGS', '{}')) -%}
    {%- set usual = ['mensenhandel'] -%}
    case when false then false
    {%- for name, words in flags.items() if words != usual %}
        when {{ source }} = '{{ name }}' then
            {% for word in words %}{{ macro(tags, word) }}{{ ' or ' if not loop.last }}{% endfor %}
    {%- endfor %}
        else {{ macro(tags, usual[0]) }}
    end
{%- endmacro %}
