-- Every kind of source of which editions are described is a registry that connectors/catalogue.py names. Where dbt runs
-- by hand and is told of none, this says so.
{%- set registries = env_var('ZICHT_DBT_REGISTRIES', '').split(',') %}
select distinct kind
from {{ ref('registry_editions') }}
where kind not in ('{{ registries | join("', '") }}')
