{{ registry_figures('rapporteur', 'NLD') }}
