-- Every kind of source with described editions is a registry in connectors/catalogue.py. If dbt is run by hand without
-- these names, this test fails.
{%- set registries = env_var('ZICHT_DBT_REGISTRIES', '').split(',') %}
select distinct kind
from {{ ref('registry_editions') }}
where kind not in ('{{ registries | join("', '") }}')
