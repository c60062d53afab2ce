-- Compare printed totals with the sum of their printed parts, as intervals. A total differs if no values that the
-- printed figures can mean make it fit. If a part is unknown, the total differs only if it is below the sum of the
-- known parts. Percentages are left out, because rounding alone makes them differ.
{%- set dimensions = ['category', 'month', 'sex', 'age', 'population'] %}
{%- set shared = ['source_id', 'source_file', 'edition', 'sheet', 'table_name', 'unit', 'variable', 'reference_year'] %}
-- Select the labels that are landed as their category: totals and populations.
with labels as (
    select distinct
        source,
        source_label,
        category,
        dimension = 'population' as is_population
    from {{ ref('crosswalk') }}
    where dimension = 'population' or (category = 'total' and relation = 'exact' and dimension <> 'variable')
),

rules as (
    select distinct
        editions.publisher,
        editions.edition,
        totals.table_name,
        totals.dimension,
        coalesce(wholes.category, cast(totals.total as string), '') as total,
        coalesce(parts.category, cast(totals.part as string)) as part
    from {{ ref('registry_totals') }} as totals
    inner join {{ ref('registry_editions') }} as editions
        on totals.kind = editions.kind and totals.layout = editions.layout
    left join labels as wholes
        on
            editions.publisher = wholes.source
            and cast(totals.total as string) = wholes.source_label
            and wholes.is_population = (totals.dimension = 'population')
    left join labels as parts
        on
            editions.publisher = parts.source
            and cast(totals.part as string) = parts.source_label
            and parts.is_population = (totals.dimension = 'population')
),

cells as (
    select *, coalesce(cast(reference_month as string), '') as month
    from {{ ref('int_registry_cells') }}
    where unit <> 'percent' and table_name is not null
),

-- Repeat every cell for each dimension, with its label in that dimension and its labels in the other dimensions.
lines as (
    {% for dimension in dimensions %}
        select
            publisher,
            cell,
            {{ shared | join(', ') }},
            {% for other in dimensions %}
                {{ "''" if other == dimension else other }} as {{ other }},
            {% endfor %}
            '{{ dimension }}' as dimension,
            {{ dimension }} as label,
            value_low,
            value_high
        from cells
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Repeat every line for each total that its table has in the dimension of the line.
ruled as (
    select
        lines.*,
        rules.total,
        max(case when lines.label = rules.total then 1 else 0 end) over cell_and_dimension as is_a_total,
        lines.label = rules.part as is_named_part,
        rules.part = '*' as takes_all
    from lines
    inner join rules
        on
            lines.publisher = rules.publisher
            and lines.edition = rules.edition
            and lines.table_name = rules.table_name
            and lines.dimension = rules.dimension
    window cell_and_dimension as (
        partition by
            lines.source_id, lines.source_file, lines.edition, lines.sheet, lines.cell, lines.dimension
    )
),

totals as (
    select distinct
        {{ shared | join(', ') }}, {{ dimensions | join(', ') }},
        cell, dimension, total, value_low, value_high
    from ruled
    where label = total and value_low is not null
),

parts as (
    select distinct
        {{ shared | join(', ') }}, {{ dimensions | join(', ') }},
        cell, dimension, total, value_low, value_high
    from ruled
    where is_named_part or (takes_all and is_a_total = 0)
),

compared as (
    select
        totals.source_id,
        totals.source_file,
        totals.edition,
        totals.sheet,
        totals.cell,
        totals.dimension,
        totals.value_low,
        totals.value_high,
        coalesce(sum(parts.value_low), 0) as parts_low,
        coalesce(sum(parts.value_high), 0) as parts_high,
        count(*) as parts,
        sum(case when parts.value_low is null then 1 else 0 end) as unknown_parts
    from totals
    inner join parts
        on
            totals.dimension = parts.dimension
            and totals.total = parts.total
            {% for column in shared + dimensions %}
                and totals.{{ column }} = parts.{{ column }}
            {% endfor %}
    group by
        totals.source_id,
        totals.source_file,
        totals.edition,
        totals.sheet,
        totals.cell,
        totals.dimension,
        totals.value_low,
        totals.value_high
)

select
    source_id,
    source_file,
    edition,
    sheet,
    cell,
    dimension,
    value_low,
    value_high,
    parts_low,
    parts_high,
    cast(parts as integer) as parts,
    cast(unknown_parts as integer) as unknown_parts,
    value_high < parts_low or (unknown_parts = 0 and value_low > parts_high) as differs
from compared
