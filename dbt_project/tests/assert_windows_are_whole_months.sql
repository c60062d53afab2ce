select window_name
from {{ ref('windows') }}
where first_month not between 1 and 12 or last_month not between first_month and 12
