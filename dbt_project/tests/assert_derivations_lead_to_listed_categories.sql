-- Every derived category is in the list that gives it a label, and a row if its count is 0.
select derivations.variable, derivations.category
from {{ ref('derivations') }} as derivations
left join {{ ref('derived_categories') }} as listed
    on derivations.variable = listed.variable and derivations.category = listed.category
where listed.category is null
