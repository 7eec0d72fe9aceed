"""Phrases that the command line prints, which tests look for; errors have codes and places."""

ADDED_VALUE = (
    "synthetic observations", "GPP: reduction", "own vod", "degrees of freedom for signal",
    "the optimum of vod",
)  # fmt: skip
DESIGN = ("uncertainty reduction", "x, error 0.1", "greedy: cell", "sd gpp Global (PgC yr-1)")
TIME_LEFT = "at most 0:10 left"
ITERATION = "cost 4  (prior 0  sm 4)  |gradient| 2  0:15"
LAST_ITERATION = "0:20  at most 0:10 left"
INTERRUPTED = "ccdas: interrupted.\nThe earlier results are unharmed."
NOT_A_DIRECTORY = "cannot be read or written: Not a directory"
UNKNOWN_OPTION = "No such option"
FORCING_OF_BETHY = "Forcing for model 'bethy': CF netCDF, daily, standard calendar, no gaps"
OBSERVATIONS = "Observations for '{stream}'"
FIT_FOR_MODEL = "is fit for model 'bethy'"
FIT_FOR_STREAM = "is fit for stream 'sm'"
PERIOD = "2010-01-01 to 2010-02-28"
READING = "reading the experiment ..."
FIRST_STAGE = "assembling the problem ..."
MISFIT = "vod: root-mean-square misfit"
NO_POSTERIOR = "There is no posterior"
INCREMENTS = "largest increments"
INTERFACE_VERSION = "Interface version 0.1."
CONTESTED = "Supplied more than once:"
LEFT_OUT = "Left out"
LEFT_OUT_COMMANDS = "the commands of plugin '{plugin}' were left out: {reason}"
LEFT_OUT_PLUGIN = "plugin '{plugin}' of {package} was left out: {reason}"
IMPORT_ERROR = "ModuleNotFoundError: No module named"
LOADS = "PASS      loads           it is installed and made with its settings"
LOADS_NOT = "FAIL      loads           it is installed and can be imported\n"
