# Build:  docker build -t recist .
# Run:    docker run --read-only --cap-drop ALL -v recist:/data -p 127.0.0.1:8000:8000 recist
#
# The tag below is as narrow as it can be told without a registry at hand: pin it by digest
# (python:3.11-slim-bookworm@sha256:…) where you build. Python 3.11 is what the locks are made for.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build

COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/recist \
 && /opt/recist/bin/pip install --require-hashes --only-binary :all: -r requirements.lock \
 && python -m venv builder \
 && builder/bin/pip install --require-hashes --only-binary :all: -r requirements-build.lock

COPY pyproject.toml README.md LICENSE ./
COPY recist recist
COPY imaging imaging
COPY service service
COPY migrations migrations
RUN builder/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir wheels . \
 && /opt/recist/bin/pip install --no-deps --no-index wheels/*.whl \
 && /opt/recist/bin/pip check \
 && /opt/recist/bin/python -m pip uninstall --yes pip setuptools


FROM python:3.11-slim-bookworm
COPY --from=build /opt/recist /opt/recist
# The root file system may be read-only: what is written, uploads on their way in too, is under /data.
ENV PATH=/opt/recist/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    RECIST_FOLDER=/data \
    TMPDIR=/data
RUN install --directory --owner 10001 --group 10001 --mode 0700 /data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["recist"]
# The port is published to loopback or to a proxy that speaks TLS, as the first lines say.
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--behind-proxy"]
