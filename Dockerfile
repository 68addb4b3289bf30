# For a machine that only has a newer Python than 3.12 (durable-rules cannot be imported on 3.13):
#   docker build -t covenantd .
#   docker run --rm -it --init covenantd                 the demo, as `make run`
#   docker run --rm covenantd make test
# Bookworm, the full image: it brings make and a C compiler beside Python 3.12.
FROM python:3.12-bookworm
RUN useradd --create-home covenantd && install --directory --owner=covenantd /srv/covenantd
WORKDIR /srv/covenantd
USER covenantd
COPY --chown=covenantd . .
RUN make setup
CMD [".venv/bin/covenantd", "run"]
