//! Prices, token counts, limits, reservations, projection and model choice. Pure.
