"""CO2 at stations: ObsPack, NOAA GML, Scripps, WDCGG and ICOS ATC."""
