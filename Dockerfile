# syntax=docker/dockerfile:1
# Two images: `production` (the default) holds what runs and nothing else, `development` rebuilds and reloads while you edit.
# docker-compose.yml starts either.

FROM rust:1.95.0-slim-trixie AS tools
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates g++ make nodejs npm perl \
 && rm -rf /var/lib/apt/lists/* \
 && rustup target add wasm32-unknown-unknown \
 && rustup component add clippy rustfmt
# On a volume or in a build cache: compiled output, cargo-leptos and wasm-bindgen outlive the container.
ENV CARGO_TARGET_DIR=/target CARGO_INSTALL_ROOT=/target/tools PATH=/target/tools/bin:$PATH
WORKDIR /cruddur

FROM tools AS development
ENV LEPTOS_SITE_ADDR=0.0.0.0:3000 CRUDDUR_DATA_DIR=/data
VOLUME /data
EXPOSE 3000 3001
CMD ["cargo", "xtask", "dev"]

FROM tools AS build
COPY . .
RUN --mount=type=cache,target=/target --mount=type=cache,target=/usr/local/cargo/registry \
    CARGO_INCREMENTAL=0 cargo xtask dist /dist

FROM debian:trixie-slim AS production
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 cruddur \
 && useradd --uid 10001 --gid cruddur --no-create-home --shell /usr/sbin/nologin cruddur \
 && install --directory --owner=cruddur --group=cruddur --mode=0700 /data
COPY --from=build /dist /opt/cruddur
ENV LEPTOS_OUTPUT_NAME=cruddur \
    LEPTOS_SITE_ROOT=/opt/cruddur/site \
    LEPTOS_SITE_PKG_DIR=pkg \
    LEPTOS_HASH_FILES=true \
    LEPTOS_SITE_ADDR=0.0.0.0:3000 \
    CRUDDUR_DATA_DIR=/data
# Everything that the server writes; the rest may be read-only, but for /tmp.
VOLUME /data
USER cruddur
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/opt/cruddur/cruddur", "health"]
ENTRYPOINT ["/opt/cruddur/cruddur"]
