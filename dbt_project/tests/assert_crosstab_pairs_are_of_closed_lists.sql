-- Both variables of a pair have a closed list of categories, and are listed in one order only.
select pairs.variable, pairs.variable_2
from {{ ref('crosstab_pairs') }} as pairs
left join {{ ref('categories') }} as firsts
    on pairs.variable = firsts.variable
left join {{ ref('categories') }} as seconds
    on pairs.variable_2 = seconds.variable
left join {{ ref('crosstab_pairs') }} as reversed
    on pairs.variable = reversed.variable_2 and pairs.variable_2 = reversed.variable
where firsts.variable is null or seconds.variable is null or reversed.variable is not null
