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

{% macro default__connected_components(edges, from_node, to_node, turns=24) %}
    turn_0 as materialized (
        select distinct
            greatest({{ from_node }}, {{ to_node }}) as node,
            least({{ from_node }}, {{ to_node }}) as neighbour
        from {{ edges }}
        where {{ from_node }} <> {{ to_node }}
    ),
    {% for turn in range(1, turns + 1) %}
    both_ways_{{ turn }} as materialized (
        select node, neighbour from turn_{{ turn - 1 }}
        union all
        select neighbour as node, node as neighbour from turn_{{ turn - 1 }}
    ),
    large_star_{{ turn }} as materialized (
        select distinct edges.neighbour as node, smallest.neighbour as neighbour
        from both_ways_{{ turn }} as edges
        inner join (
            select node, least(node, min(neighbour)) as neighbour
            from both_ways_{{ turn }}
            group by node
        ) as smallest
            on edges.node = smallest.node
        where edges.neighbour > edges.node and edges.neighbour <> smallest.neighbour
    ),
    small_star_{{ turn }} as materialized (
        select node, min(neighbour) as neighbour
        from large_star_{{ turn }}
        group by node
    ),
    turn_{{ turn }} as materialized (
        select edges.neighbour as node, smallest.neighbour
        from large_star_{{ turn }} as edges
        inner join small_star_{{ turn }} as smallest
            on edges.node = smallest.node
        where edges.neighbour <> smallest.neighbour
        union
        select node, neighbour from small_star_{{ turn }}
    ),
    {% endfor %}
    components as (
        select node, min(neighbour) as component
        from turn_{{ turns }}
        group by node
        union
        select neighbour as node, neighbour as component
        from turn_{{ turns }}
    )
{% endmacro %}
