-- A code in a column of a coding file has one meaning.
with codebook (variable, kind, column_name, code, label_nl, label_en, category) as (
    -- Name the columns by position. The name `column` needs quotes, and engines quote differently.
    select * from {{ ref('codebook') }}
)

select column_name, code
from codebook
group by column_name, code
having count(*) > 1
