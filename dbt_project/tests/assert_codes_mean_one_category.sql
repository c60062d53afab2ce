-- A code in a column of a coding file has one meaning.
with codebook (variable, kind, column_name, code, label_nl, label_en, category) as (
    -- Columns by place: the name `column` would have to be quoted, and engines quote differently.
    select * from {{ ref('codebook') }}
)

select column_name, code
from codebook
group by column_name, code
having count(*) > 1
