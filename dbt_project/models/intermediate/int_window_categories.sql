-- Decide if the exploitation began in a window of the visit's own year. A start after the window gives no category.
with months as (
    select
        visits.visit_id,
        windows.window_name,
        began.month_value as start_month,
        {{ month_start('visits.visit_year', 'windows.first_month') }} as first_month,
        {{ month_start('visits.visit_year', 'windows.last_month') }} as last_month
    from {{ ref('int_visits') }} as visits
    inner join {{ ref('int_visit_values') }} as began
        on visits.visit_id = began.visit_id and began.variable = 'start_month'
    cross join {{ ref('windows') }} as windows
)

select
    visit_id,
    window_name,
    'new_situation' as variable,
    case when start_month >= first_month then 'yes' else 'no' end as category
from months
where start_month <= last_month
