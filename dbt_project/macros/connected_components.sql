{#-
    The connected components of an undirected graph, as rows (node, component): the component is the name of its
    smallest node. Nodes without an edge to another node are not in it.

    Two steps take turns. 'Large star' ties each node's larger neighbours to the smallest node it knows; 'small star'
    does the same for its smaller neighbours and itself. Each turn about halves the distance to the smallest node, and
    neither makes more edges than nodes, so chains and stars of any size stay linear in memory. (Kiveris et al.,
    Connected Components in MapReduce and Beyond, 2014.) A chain of 100,000 links needs 18 turns; that the turns were
    enough is tested on the result (`components_are_complete`), not assumed.
-#}
{% macro connected_components(edges, from_node, to_node) -%}
    {{ return(adapter.dispatch('connected_components', 'zicht')(edges, from_node, to_node)) }}
{%- endmacro %}

{% macro default__connected_components(edges, from_node, to_node, turns=24) -%}
    turn_0 as materialized (
        {{ first_turn(edges, from_node, to_node) }}
    ),
    {% for turn in range(1, turns + 1) %}
    {{ star_steps('turn_' ~ (turn - 1), '_' ~ turn, 'as materialized') }},
    turn_{{ turn }} as materialized (
        {{ next_turn('_' ~ turn) }}
    ),
    {% endfor %}
    {{ stars('turn_' ~ turns) }}
{%- endmacro %}

{#-
    Spark writes a CTE out wherever it is named, which would double 24 times: there each turn is a table, until all are
    stars. Two tables take turns; the model drops them when it is made.
-#}
{% macro spark__connected_components(edges, from_node, to_node, turns=24) -%}
    {%- set tables = [this ~ '__even_turn', this ~ '__odd_turn'] -%}
    {%- set drop = 'drop table if exists {{ this }}' -%}
    {{- config(post_hook=[drop ~ '__even_turn', drop ~ '__odd_turn']) -}}
    {%- set last = namespace(turn=0) -%}
    {%- if execute -%}
        {%- do remake(tables[0], first_turn(edges, from_node, to_node)) -%}
        {%- for turn in range(1, turns + 1) -%}
            {%- set previous = tables[last.turn % 2] -%}
            {%- if last.turn == turn - 1 and run_query(unfinished(previous)) -%}
                {%- do remake(tables[turn % 2], 'with ' ~ star_steps(previous, '', 'as') ~ next_turn('')) -%}
                {%- set last.turn = turn -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ stars(tables[last.turn % 2]) }}
{%- endmacro %}

{% macro remake(table, query) -%}
    {%- do run_query('drop table if exists ' ~ table) -%}
    {%- do run_query('create table ' ~ table ~ ' using parquet as ' ~ query) -%}
{%- endmacro %}

{#- Each node with a smaller neighbour, of each edge. -#}
{% macro first_turn(edges, from_node, to_node) -%}
    select distinct
        greatest({{ from_node }}, {{ to_node }}) as node,
        least({{ from_node }}, {{ to_node }}) as neighbour
    from {{ edges }}
    where {{ from_node }} <> {{ to_node }}
{%- endmacro %}

{% macro star_steps(previous, suffix, as) -%}
    both_ways{{ suffix }} {{ as }} (
        select node, neighbour from {{ previous }}
        union all
        select neighbour as node, node as neighbour from {{ previous }}
    ),
    large_star{{ suffix }} {{ as }} (
        select distinct edges.neighbour as node, smallest.neighbour as neighbour
        from both_ways{{ suffix }} as edges
        inner join (
            select node, least(node, min(neighbour)) as neighbour
            from both_ways{{ suffix }}
            group by node
        ) as smallest
            on edges.node = smallest.node
        where edges.neighbour > edges.node and edges.neighbour <> smallest.neighbour
    ),
    small_star{{ suffix }} {{ as }} (
        select node, min(neighbour) as neighbour
        from large_star{{ suffix }}
        group by node
    )
{%- endmacro %}

{% macro next_turn(suffix) %}
    select edges.neighbour as node, smallest.neighbour
    from large_star{{ suffix }} as edges
    inner join small_star{{ suffix }} as smallest
        on edges.node = smallest.node
    where edges.neighbour <> smallest.neighbour
    union
    select node, neighbour from small_star{{ suffix }}
{% endmacro %}

{% macro stars(last_turn) -%}
    components as (
        select node, min(neighbour) as component
        from {{ last_turn }}
        group by node
        union
        select neighbour as node, neighbour as component
        from {{ last_turn }}
    )
{%- endmacro %}

{#- A node that is no ray of a star: it has two neighbours, or one that has a smaller one itself. -#}
{% macro unfinished(turn) %}
    select node from {{ turn }} group by node having count(*) > 1
    union all
    select edges.node from {{ turn }} as edges inner join {{ turn }} as further on edges.neighbour = further.node
    limit 1
{% endmacro %}
