{{ registry_figures('ckm', 'NLD') }}
