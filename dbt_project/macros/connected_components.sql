{#-
    Return the connected components of an undirected graph as rows (node, component). The component has the name of
    its smallest node. Nodes without an edge to another node are left out.

    Two steps alternate. The large star step connects the larger neighbours of each node to the smallest node that
    it knows. The small star step does the same for the smaller neighbours and the node itself. Each turn about
    halves the distance to the smallest node. Neither step makes more edges than there are nodes. The memory
    therefore grows linearly, also for chains and stars of any size (Kiveris et al., Connected Components in
    MapReduce and Beyond, 2014). A chain of 100,000 links needs 18 turns. The test `components_are_complete` checks
    on the result that the number of turns was enough. The engines share these steps, so they are in one file.
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
    Spark repeats a CTE wherever a query names it, so 24 turns would double the query 24 times. On Spark each turn
    is therefore a table, and the turns end when all components are stars. Two tables alternate. The model drops
    both after its own table is made.
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

{#- Return each node with a smaller neighbour, from each edge. -#}
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

{#- Find a node that is not a ray of a star. It has two neighbours, or its neighbour has a smaller neighbour. -#}
{% macro unfinished(turn) %}
    select node from {{ turn }} group by node having count(*) > 1
    union all
    select edges.node from {{ turn }} as edges inner join {{ turn }} as further on edges.neighbour = further.node
    limit 1
{% endmacro %}
