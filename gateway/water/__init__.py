"""Water on the road in the product: pictures in, banks and states kept, incidents with evidence."""
