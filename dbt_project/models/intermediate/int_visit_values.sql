-- Combine the codings of the conversations of a visit. A variable with a single value, a number or a month takes the
-- first known value. A multiple-answer variable takes all marked categories.
with codebook (variable, kind, column_name, code, label_nl, label_en, category) as (
    -- Name the columns by position. The name `column` needs quotes, and engines quote differently.
    select * from {{ ref('codebook') }}
),

coded as (
    select
        conversations.visit_id,
        conversations.place,
        codebook.variable,
        codebook.kind,
        codebook.category,
        case when codebook.kind = 'number' then cast(cells.code as integer) end as number_value,
        case when codebook.kind = 'month' then cast(cells.code || '-01' as date) end as month_value
    from {{ ref('int_visit_conversations') }} as conversations
    inner join {{ ref('int_visits') }} as visits
        on conversations.visit_id = visits.visit_id and visits.step = 'visitor'
    inner join {{ ref('int_codings_current') }} as codings
        on conversations.gesprek_id = codings.gesprek_id
    inner join {{ ref('stg_coding__values') }} as cells
        on
            codings.source_id = cells.source_id
            and codings.delivery_id = cells.delivery_id
            and codings.row_in_file = cells.row_in_file
    inner join codebook
        on
            cells.column_name = codebook.column_name
            and (codebook.kind in ('number', 'month') or cells.code = codebook.code)
),

placed as (
    select
        *,
        rank() over (partition by visit_id, variable order by place) as place_known
    from coded
)

select distinct visit_id, variable, category, number_value, month_value
from placed
where kind = 'multiple' or place_known = 1
