# docker build -t ccdas . && docker run --rm -v "$PWD":/data ccdas run --out runs/demo
# Not tried: the image of Python could not be fetched where this file was written.
FROM python:3.12-slim

# compiler of the engine `native`
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*

COPY . /src
RUN pip install --no-cache-dir "/src[jax,report,fetch]" \
        /src/plugins/models_bethy /src/plugins/models_dalec /src/plugins/transport \
        /src/plugins/obs_co2 /src/plugins/obs_xco2 /src/plugins/obs_sm /src/plugins/obs_vod \
        /src/plugins/obs_fapar /src/plugins/obs_sif /src/plugins/obs_flux \
        /src/plugins/methods "/src/plugins/readers[geotiff,workbooks]" \
        /src/plugins/engine_native /src/plugins/recipes_ccdas /src/plugins/ccdas

WORKDIR /data
ENTRYPOINT ["ccdas"]
