with {{ connected_components(ref('int_hub_links'), 'hub_id', 'other_hub_id') }}

select node as hub_id, component as person_id
from components
