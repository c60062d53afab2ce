{#- Both ends of every link are in one component. This proves that there were enough turns, for any graph. -#}
{% test components_are_complete(model, links) %}
select links.hub_id
from {{ links }} as links
left join {{ model }} as one
    on links.hub_id = one.hub_id
left join {{ model }} as other
    on links.other_hub_id = other.hub_id
where one.person_id is null or other.person_id is null or one.person_id <> other.person_id
{% endtest %}
