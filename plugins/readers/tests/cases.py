"""One case for each reader: a real file, and how it can be damaged."""

import numpy as np
import xarray as xr
from damage import NetcdfFile, TextTable, cut, cut_last_line

DAMAGES = (
    "truncated", "wrong unit", "missing flag", "swapped axes", "all missing", "text for numbers",
    "duplicate times", "wrong grid", "future dates", "empty", "without rows",
)  # fmt: skip
# codes of findings that may end the import of a copy
EXPECTED = {
    "truncated": {"truncated-file", "unreadable-file", "unrecognised-file", "not-numeric"},
    "wrong unit": {"wrong-units"},
    "missing flag": {"missing-variable", "truncated-file"},
    "swapped axes": {"wrong-time", "out-of-range", "reversed-period", "wrong-grid"},
    "all missing": {"all-missing"},
    "text for numbers": {"not-numeric"},
    "duplicate times": {"duplicate-times"},
    "wrong grid": {
        "wrong-grid",
        "wrong-version",
        "missing-site",
        "missing-variable",
        "out-of-range",
    },
    "future dates": {"future-dates"},
    "empty": {"empty-file"},
    "without rows": {"empty-file"},
}


class Case:
    """A real file of a reader, with its settings.

    Args:
        kind: of the reader.
        file: below the folder of products.
        damages: name of the damage -> function of the path of a copy, which may return another
            path, or several.
        stream: of the import.
        others: function of the folder of products and of a folder for made files, which returns
            the further files of the import.
        settings: of the import; a function of both folders returns the value.
    """

    def __init__(self, kind, file, damages, stream=None, others=None, **settings):
        self.kind, self.file, self.stream, self.settings = kind, file, stream, settings
        self.others = others or (lambda products, folder: [])
        self.damages = {"empty": lambda path: path.write_bytes(b""), **damages}

    def __repr__(self):
        return f"{self.kind} {self.file.rpartition('/')[2]}"


def a_century_later(word):
    """A time that begins with a year, in 2100 or later."""
    word = word.strip()
    return f"21{word[2:]}"


def text_case(
    kind, file, *, first, value, flag="", times, fill, swapped=(), names=None, separator=",",
    factor=1000.0, stream=None, others=(), **settings,
):  # fmt: skip
    """Case of a text file.

    Args:
        first: number of header lines.
        value: column of the values.
        flag: column of flags.
        times: columns that begin with a year of four digits.
        fill: of a missing value.
        swapped: two columns that are exchanged.
        factor: of the values in another unit.
        others: columns that a reader takes where `value` has no value.
    """

    def table(path):
        return TextTable(path, first, names, separator)

    def scaled(word):
        return word if float(word) == fill else float(word) * factor

    def future(path):
        edited = table(path)
        for name in times:
            edited.change(
                name, lambda word: f"2{int(word.strip()[1:4]) % 900 + 100}{word.strip()[4:]}"
            )
        edited.write()

    def lost(path):
        edited = table(path)
        for name in (value, *others):
            edited.change(name, lambda word: fill)
        edited.write()

    damages = {
        "truncated": cut_last_line,
        "wrong unit": lambda path: table(path).change(value, scaled).write(),
        "all missing": lost,
        "text for numbers": lambda path: table(path).change(
            value, lambda word: "abc", slice(2, 3)).write(),
        "duplicate times": lambda path: table(path).repeat().write(),
        "future dates": future,
        "without rows": lambda path: path.write_text("\n".join(table(path).header) + "\n"),
    }  # fmt: skip
    if flag:
        damages["missing flag"] = lambda path: table(path).drop(flag).write()
    if swapped:
        damages["swapped axes"] = lambda path: table(path).swap(*swapped).write()
    return Case(kind, file, damages, stream, **settings)


def netcdf_case(
    kind, file, *, value, time, unit="kg", flag="", axes=(), stream=None, share=0.6, future=None,
    extra=None, **settings,
):  # fmt: skip
    """Case of a netCDF file.

    Args:
        value: variable of the values.
        time: variable of the times.
        unit: that the values cannot have.
        flag: variable of flags.
        axes: variables of latitude and longitude, which are exchanged.
        share: of the file that is left when it is cut.
        future: function of times that moves them to the future; by default 200 years of seconds.
    """

    def later(values):
        return values + 6.4e9 if future is None else future(values)

    def repeated(values):
        changed = values.copy()
        changed[1] = changed[0]
        return changed

    damages = {
        "truncated": lambda path: cut(path, share),
        "wrong unit": lambda path: NetcdfFile(path).units(value, unit).write(),
        "all missing": lambda path: NetcdfFile(path).lose(value).write(),
        "text for numbers": lambda path: NetcdfFile(path).words(value).write(),
    }
    if time:
        damages["duplicate times"] = lambda path: NetcdfFile(path).change(time, repeated).write()
        damages["future dates"] = lambda path: NetcdfFile(path).change(time, later).write()
    if flag:
        damages["missing flag"] = lambda path: NetcdfFile(path).drop(flag).write()
    if axes:
        damages["swapped axes"] = lambda path: NetcdfFile(path).swap(*axes).write()
    return Case(kind, file, {**damages, **(extra or {})}, stream, **settings)


def edited_group(path, name="soil_moisture", *, units=None, values=None, lost=None, add=None):
    """Write the group of a half orbit of SMAP again with a change of a variable."""
    group = "Soil_Moisture_Retrieval_Data"
    with xr.open_dataset(path, group=group, decode_cf=False) as file:
        data = file.load().drop_vars("tb_time_utc")
    if lost:
        data = data.drop_vars(lost)
    if units:
        data[name].attrs["units"] = units
    if values is not None:
        data[name] = data[name].copy(data=np.full_like(data[name].values, values))
    if add is not None:
        data[name] = data[name] + add
    path.unlink()
    data.to_netcdf(path, group=group)


AXES = {
    "wrong grid": lambda path: NetcdfFile(path).change("lat", lambda v: v**3 / 8100.0).write(),
    "swapped axes": lambda path: NetcdfFile(path).change("lat", lambda v: v + 150.0).write(),
}
PROBE = (
    "ismn/SCAN/WaimeaPlain/SCAN_SCAN_WaimeaPlain_sm_0.050800_0.050800_Hydraprobe-Analog-"
    "(2.5-Volt)_20170101_20181231.stm"
)
NARBONNE = (
    "ismn_header_values/SMOSMANIA/Narbonne/SMOSMANIA_SMOSMANIA_Narbonne_sm_0.050000_0.050000_"
    "ThetaProbe-ML2X_20070101_20070131.stm"
)
PLACE = {"latitude": 45.2, "longitude": 10.74}
CASES = [
    text_case(
        "fluxnet",
        "fluxnet/FLX_IT-BFt_FLUXNET2015_FULLSET_2019-2020_beta-3/"
        "FLX_IT-BFt_FLUXNET2015_FULLSET_DD_2019-2020_beta-3.csv",
        first=1, value="NEE_VUT_REF", flag="NEE_VUT_REF_QC", times=("TIMESTAMP",), fill=-9999.0,
        swapped=("TIMESTAMP", "NEE_VUT_REF"), **PLACE,
    ),
    text_case(
        "fluxnet",
        "fluxnet/exampledata_FLUXNET-FULLSET-HH-CSV-30MIN_FLX_CH-Cha_FLUXNET2015_FULLSET_HH_2005-"
        "2020_beta-3.csv",
        first=1, value="NEE_VUT_REF", flag="NEE_VUT_REF_QC",
        times=("TIMESTAMP_START", "TIMESTAMP_END"), fill=-9999.0,
        swapped=("TIMESTAMP_START", "TIMESTAMP_END"), average="none", minimum_quality=0,
        others=("NEE_CUT_REF",), **PLACE,
    ),
    text_case(
        "ameriflux_base", "ameriflux_base/AMF_US-CRT_BASE_HH_2-5.csv", first=3, value="NEE_PI",
        times=("TIMESTAMP_START", "TIMESTAMP_END"), fill=-9999.0, factor=1e5,
        swapped=("TIMESTAMP_START", "TIMESTAMP_END"), average="none", others=("FC",), **PLACE,
    ),
    netcdf_case(
        "plumber2", "plumber2/AU-ASM_2011-2017_OzFlux_Met.nc", value="Tair", time="time",
        axes=("latitude", "longitude"), flag="Qair",
    ),
    netcdf_case(
        "obspack", "obspack/co2_mlo_surface-flask_4_representative.nc", value="value", time="time",
        unit="K", axes=("latitude", "longitude"),
        extra={"missing flag": lambda path: NetcdfFile(path).drop("obs_flag", "CT_assim").write()},
        future=lambda values: values + 2**30,
    ),
    text_case(
        "noaa_gml", "noaa_gml/co2_mlo_surface-flask_1_ccgg_event.txt", first=149, separator=None,
        value="value", flag="qcflag", times=("year",), fill=-999.99,
        swapped=("latitude", "longitude"),
    ),
    text_case(
        "noaa_gml", "noaa_gml/co2_mlo_surface-insitu_1_ccgg_MonthlyData.txt", first=142,
        separator=None, value="value", flag="qcflag", times=("year",), fill=-999.99,
        swapped=("latitude", "longitude"),
    ),
    text_case(
        "noaa_gml", "noaa_gml/co2_mm_mlo.csv", first=41, value="average", flag="unc",
        times=("year",), fill=-99.99, swapped=("year", "month"),
    ),
    text_case(
        "scripps", "scripps/monthly_in_situ_co2_mlo.csv", first=60, value="CO2", times=("Yr",),
        fill=-99.99, swapped=("Yr", "Mn"),
        names=["Yr", "Mn", "Excel", "Date", "CO2", "a", "f", "af", "filled", "g", "Sta"],
    ),
    text_case(
        "wdcgg", "wdcgg/ams137s00.lsce.as.cn.co2.nl.mo.dat", first=32, separator=None,
        value="CO2", times=("DATE",), fill=-9999.0, swapped=("DATE", "TIME"),
        names=["DATE", "TIME", "end", "end time", "CO2", "ND", "SD", "F", "CS", "REM"],
    ),
    text_case(
        "wdcgg", "wdcgg/alt482n1.dat", first=25, separator=None, value="CO2", times=("year",),
        fill=-9999.0, swapped=("year", "month"),
        names=["year", "month", "CO2", "V", "ND", "SD", "F", "a", "b"],
    ),
    text_case(
        "icos_atc", "icos_atc/realatc.CO2", first=33, separator=";", value="co2", flag="Flag",
        times=("Year",), fill=-999.99, swapped=("Year", "Month"),
    ),
    netcdf_case(
        "smos_l3", "smos_l3_cell/SMOSL3_v339_ASC/0165.nc", value="Soil_Moisture", time="time",
        axes=("lat", "lon"), flag="location_id", future=lambda values: values + 73000.0,
        extra={"missing flag": lambda path: NetcdfFile(path).drop("time").write(),
               "future dates": lambda path: NetcdfFile(path).change(
                   "Mean_Acq_Time_Days", lambda v: v + 73000.0).write()},
    ),
    netcdf_case(
        "smos_l3", "smos_l3_image/"
        "SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc",
        value="Soil_Moisture", time="", axes=(), flag="Mean_Acq_Time_Days",
        extra={"future dates": lambda path: NetcdfFile(path).change(
                   "Mean_Acq_Time_Days", lambda v: np.where(v > 0, v + 73000, v)).write(),
               "wrong grid": lambda path: NetcdfFile(path).change(
                   "lat", lambda v: np.full_like(v, v[0])).write(),
               "swapped axes": lambda path: NetcdfFile(path).change(
                   "lat", lambda v: v + 100.0).write()},
    ),
    netcdf_case(
        "smos_ic", "smos_ic_cell/SMOS_105_ASC/0165.nc", value="Soil_Moisture", time="time",
        axes=("lat", "lon"), flag="RMSE",
        extra={"missing flag": lambda path: NetcdfFile(path).drop("time").write(),
               "future dates": lambda path: NetcdfFile(path).change(
                   "Days", lambda v: v + 73000.0).write()},
    ),
    netcdf_case(
        "smap_l3", "smap_l3_cell/SMAP_V9_AM_PM/0165.nc", value="soil_moisture", time="",
        axes=("lat", "lon"), flag="static_water_body_fraction",
        extra={"future dates": lambda path: NetcdfFile(path).change(
                   "time", lambda v: v + 6.4e9).write(),
               "duplicate times": lambda path: NetcdfFile(path).change(
                   "time", lambda v: np.full_like(v, v[0])).write()},
    ),
    netcdf_case(
        "esa_cci_sm", "esa_cci_sm_cell/ESA_CCI_SM_C_V09_2/0165.nc", value="sm", time="time",
        axes=("lat", "lon"), flag="flag",
        extra={"future dates": lambda path: NetcdfFile(path).change(
                   "t0", lambda v: v + 73000.0).write()},
    ),
    netcdf_case(
        "tuw_cell", "era5_land_cell/ERA5_LAND_V20190904/0165.nc", value="swvl1", time="time",
        axes=("lat", "lon"), future=lambda values: values + 73000.0,
    ),
    text_case(
        "ismn", PROBE, first=0, separator=None, value="value", times=("date", "actual date"),
        fill=-9999.0, swapped=("date", "time"), flag="flag",
        names=["date", "time", "actual date", "actual time", "cse", "network", "station",
               "latitude", "longitude", "elevation", "from", "to", "value", "flag", "provider"],
    ),
    text_case(
        "ismn", NARBONNE, first=1, separator=None, value="value", times=("date",), fill=-9999.0,
        swapped=("date", "time"), flag="flag", names=["date", "time", "value", "flag", "provider"],
    ),
    Case(
        "smap_l2", "smap_l2_swath/2015.08.11/"
        "SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5",
        {"truncated": cut,
         "wrong unit": lambda path: edited_group(path, units="kg"),
         "all missing": lambda path: edited_group(path, values=-9999.0),
         "missing flag": lambda path: edited_group(path, lost="retrieval_qual_flag"),
         "future dates": lambda path: edited_group(path, name="tb_time_seconds", add=6.4e9),
         "swapped axes": lambda path: edited_group(path, name="latitude", add=100.0)},
    ),
    text_case(
        "appeears", "modis_appeears/NPS-Vegetation-MCD15A3H-006-results.csv", first=1,
        value="MCD15A3H_006_Lai_500m", flag="MCD15A3H_006_FparLai_QC", times=("Date",), fill=25.5,
        swapped=("Latitude", "Longitude"),
    ),
    netcdf_case(
        "merra2", "merra2/M2T1NXSLV_geo_temporal.nc4", value="PS", time="time",
        future=lambda minutes: minutes + 10**8, flag="lat", minimum_hours=2, extra=AXES,
    ),
    netcdf_case(
        "cru_ts", "cru_ts/cru_ts4.04.1901.2019.tmp.dat.nc", value="tmp", time="time", flag="lon",
        future=lambda days: days + 73000.0, diurnal_range=10, extra=AXES,
    ),
    netcdf_case(
        "cru_ts", "cru_ts/cru_ts4.04.1901.2019.pre.dat.nc", value="pre", time="time", unit="K",
        future=lambda days: days + 73000.0, extra=AXES,
    ),
    netcdf_case(
        "tccon", "tccon/hw20230402_20230402.public.qc.nc", value="xco2_x2019", time="time",
        unit="K", flag="ak_xco2",
        extra={"swapped axes": lambda path: NetcdfFile(path).change(
                   "lat", lambda v: v + 100.0).write(),
               "wrong grid": lambda path: NetcdfFile(path).change(
                   "ak_altitude", lambda v: v + 1.0).write()},
    ),
]  # fmt: skip
