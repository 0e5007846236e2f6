"""Several tasks on one encoder: tagging, masked language modelling and translation as cells
(task, language) that share one source of adapters (Üstün et al. 2022)."""
