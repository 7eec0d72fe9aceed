"""Damaged copies of product files: text by rows and columns, and netCDF by variables."""

import netCDF4
import numpy as np
import xarray as xr


class TextTable:
    """Header lines and rows of words of a text file.

    Args:
        path: file, which `write` replaces.
        first: number of header lines.
        names: of the columns; None takes them from the last header line.
        separator: of words; None for blanks.
    """

    def __init__(self, path, first, names=None, separator=","):
        self.path, self.separator = path, separator
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
        lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
        self.header, rows = lines[:first], lines[first:]
        self.names = names or [w.strip() for w in self.header[-1].lstrip("# ").split(separator)]
        self.own_names = names is None
        self.rows = [line.split(separator) for line in rows]

    def index(self, name):
        return self.names.index(name)

    def change(self, name, function, rows=slice(None)):
        """Replace the words of a column by a function of them."""
        n = self.index(name)
        for row in self.rows[rows]:
            row[n] = str(function(row[n]))
        return self

    def drop(self, name):
        n = self.index(name)
        for row in self.rows:
            del row[n]
        del self.names[n]
        return self

    def swap(self, one, other):
        """Exchange the words of two columns, not their names."""
        a, b = self.index(one), self.index(other)
        for row in self.rows:
            row[a], row[b] = row[b], row[a]
        return self

    def repeat(self):
        self.rows.append(list(self.rows[-1]))
        return self

    def text(self):
        glue = " " if self.separator is None else self.separator
        header = list(self.header)
        if self.own_names:
            mark = "#" if header[-1].startswith("#") else ""
            header[-1] = mark + glue.join(self.names)
        return "\n".join([*header, *(glue.join(row) for row in self.rows)]) + "\n"

    def write(self):
        self.path.write_text(self.text(), encoding="utf-8")


def cut(path, share=0.6):
    """Keep the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])


def cut_last_line(path):
    """Cut a text file in the middle of a line."""
    content = path.read_bytes().rstrip()
    last = max(content.rfind(b"\n"), content.rfind(b"\r"))
    path.write_bytes(content[: last + max(2, (len(content) - last) // 3)])


class NetcdfFile:
    """Variables of a netCDF file as they are stored, which `write` replaces."""

    def __init__(self, path):
        self.path = path
        with xr.open_dataset(path, decode_cf=False) as file:
            self.data = file.load()
        with netCDF4.Dataset(path) as file:
            self.format = "NETCDF4" if file.data_model == "NETCDF4" else file.data_model

    def fill(self, name):
        attributes = self.data[name].attrs
        return attributes.get("_FillValue", attributes.get("missing_value", np.nan))

    def change(self, name, function):
        values = self.data[name].values.copy()
        changed = np.asarray(function(values)).astype(values.dtype)
        self.data[name] = self.data[name].copy(data=changed)
        return self

    def lose(self, name):
        return self.change(name, lambda v: np.full_like(v, self.fill(name)))

    def units(self, name, text):
        self.data[name].attrs["units"] = text
        return self

    def drop(self, *names):
        self.data = self.data.drop_vars(names)
        return self

    def swap(self, one, other):
        a, b = self.data[one].values.copy(), self.data[other].values.copy()
        self.data[one] = self.data[one].copy(data=b)
        self.data[other] = self.data[other].copy(data=a)
        return self

    def words(self, name):
        """Text in place of the numbers of a variable."""
        old = self.data[name]
        text = np.full(old.shape, "abc", dtype="S3").astype(object)
        attributes = {k: v for k, v in old.attrs.items() if k in ("long_name", "units")}
        self.data[name] = (old.dims, np.vectorize(bytes.decode)(text).astype(object), attributes)
        return self

    def write(self):
        self.data.to_netcdf(self.path, format="NETCDF4" if "4" in self.format else self.format)
