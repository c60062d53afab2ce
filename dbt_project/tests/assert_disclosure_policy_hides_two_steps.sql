-- Counts are rounded to a multiple of at least 5. A count that would round to less than two steps is not shown
-- (docs/method.md).
select period_type
from {{ ref('disclosure_policy') }}
where rounding_base < 5 or smallest_shown < 2 * rounding_base or share_from < 50 or measures_from < 50
