"""What a measurement is made of, whatever it measures: tables, data set, figure, origin, folder."""
