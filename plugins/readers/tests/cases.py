"""One case for each reader: a real file, and how it can be damaged."""

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
    "wrong grid": {"wrong-grid", "missing-site", "missing-variable", "out-of-range"},
    "future dates": {"future-dates"},
    "empty": {"empty-file"},
    "without rows": {"empty-file"},
}


class Case:
    """A real file of a reader, with its settings.

    Args:
        kind: of the reader.
        file: below the folder of products.
        damages: name of the damage -> function of the path of a copy.
        stream, settings: of the import.
    """

    def __init__(self, kind, file, damages, stream=None, **settings):
        self.kind, self.file, self.stream, self.settings = kind, file, stream, settings
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
]  # fmt: skip
