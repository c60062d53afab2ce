{#- flagged = duplicate + not_related + uncoded + visitor, for every year over all platforms. -#}
{% test funnel_adds_up(model) %}
select period_start
from {{ model }}
where source = 'all' and period_type = 'year'
group by period_start
having sum(case when step = 'flagged' then n else -n end) <> 0
{% endtest %}
