-- Combine the forms of exploitation of a visitor. A visitor without a stated form counts as sexual. This is the rule of
-- the report.
with marks as (
    select
        visits.visit_id,
        max(case when marked.category = 'sexual' then 1 else 0 end) as sexual,
        max(case when marked.category = 'criminal' then 1 else 0 end) as criminal,
        max(case when marked.category = 'labour' then 1 else 0 end) as labour,
        count(marked.category) as n_marked
    from {{ ref('int_visits') }} as visits
    left join {{ ref('int_visit_values') }} as marked
        on visits.visit_id = marked.visit_id and marked.variable = 'form'
    where visits.step = 'visitor'
    group by visits.visit_id
)

select
    visit_id,
    n_marked = 0 as is_imputed,
    case
        when n_marked = 0 or (n_marked = 1 and sexual = 1) then 'sexual'
        when n_marked = 1 and criminal = 1 then 'criminal'
        when n_marked = 1 and labour = 1 then 'labour'
        when n_marked = 2 and sexual = 1 and criminal = 1 then 'sexual_criminal'
        else 'other_combination'
    end as form_group
from marks
