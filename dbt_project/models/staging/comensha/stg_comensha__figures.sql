{{ registry_figures('comensha', 'NLD') }}
