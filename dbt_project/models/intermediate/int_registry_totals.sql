-- Compare printed totals with the sum of their printed parts, as intervals. A total differs if no values that the
-- printed figures can mean make it fit. If a part is unknown, the total differs only if it is below the sum of the
-- known parts. Percentages are left out, because rounding alone makes them differ. It is one model, because its parts
-- are rules and cells on their way to one comparison.
{%- set dimensions = ['category', 'month', 'sex', 'age', 'population'] %}
{%- set shared = ['source_id', 'source_file', 'edition', 'sheet', 'table_name', 'unit', 'variable', 'reference_year'] %}
{%- set group = (shared + dimensions + ['dimension', 'total']) | join(', ') %}
-- Select the labels that are landed as their category: totals and populations.
with labels as (
    select distinct
        source as publisher, source_label, category,
        dimension = 'population' as is_population
    from {{ ref('crosswalk') }}
    where dimension = 'population' or (category = 'total' and relation = 'exact' and dimension <> 'variable')
),

printed_rules as (
    select
        editions.publisher, editions.edition, totals.table_name, totals.dimension,
        cast(totals.total as string) as total,
        cast(totals.part as string) as part
    from {{ ref('registry_totals') }} as totals
    inner join {{ ref('registry_editions') }} as editions
        on totals.kind = editions.kind and totals.layout = editions.layout
),

rules as (
    select distinct
        printed_rules.publisher, printed_rules.edition, printed_rules.table_name, printed_rules.dimension,
        coalesce(wholes.category, printed_rules.total, '') as total,
        coalesce(parts.category, printed_rules.part) as part
    from printed_rules
    {% for printed, landed in [('total', 'wholes'), ('part', 'parts')] %}
        left join labels as {{ landed }}
            on
                printed_rules.publisher = {{ landed }}.publisher
                and printed_rules.{{ printed }} = {{ landed }}.source_label
                and {{ landed }}.is_population = (printed_rules.dimension = 'population')
    {% endfor %}
),

cells as (
    select
        publisher, {{ shared | join(', ') }}, cell, category, sex, age, population,
        coalesce(cast(month as string), '') as month, value_low, value_high
    from {{ ref('int_registry_cells') }}
    where unit <> 'percent' and table_name is not null
),

-- Repeat every cell for each dimension, with its label in that dimension and its labels in the other dimensions.
lines as (
    {% for dimension in dimensions %}
        select
            publisher, {{ shared | join(', ') }}, cell, value_low, value_high,
            {% for other in dimensions %}
                {{ "''" if other == dimension else other }} as {{ other }},
            {% endfor %}
            '{{ dimension }}' as dimension,
            {{ dimension }} as label
        from cells
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Repeat every line for each rule of its table in the dimension of the line. The part `*` is all lines but totals.
ruled as (
    select
        lines.*,
        rules.total,
        lines.label = rules.total as is_total,
        lines.label = rules.part
        or (
            rules.part = '*'
            and max(case when lines.label = rules.total then 1 else 0 end) over same_line = 0
        ) as is_part
    from lines
    inner join rules
        on
            lines.publisher = rules.publisher
            and lines.edition = rules.edition
            and lines.table_name = rules.table_name
            and lines.dimension = rules.dimension
    window same_line as (
        partition by lines.source_id, lines.source_file, lines.edition, lines.sheet, lines.cell, lines.dimension
    )
),

{% for side in ['total', 'part'] %}
    {{ side }}s as (
        select distinct {{ group }}, cell, value_low, value_high
        from ruled
        where is_{{ side }}
    ),
{% endfor %}

compared as (
    select
        source_id, source_file, edition, sheet, totals.cell, dimension, totals.value_low, totals.value_high,
        coalesce(sum(parts.value_low), 0) as parts_low,
        coalesce(sum(parts.value_high), 0) as parts_high,
        cast(count(*) as integer) as parts,
        cast(sum(case when parts.value_low is null then 1 else 0 end) as integer) as unknown_parts
    from totals
    inner join parts using ({{ group }})
    where totals.value_low is not null
    group by source_id, source_file, edition, sheet, totals.cell, dimension, totals.value_low, totals.value_high
)

select
    *,
    value_high < parts_low or (unknown_parts = 0 and value_low > parts_high) as differs
from compared
