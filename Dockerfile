# One image with every process of Loa; which one runs is the command: `docker run loa ingress`.
#
#   docker build -t loa .

FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src
# The version of rust-toolchain.toml, which by itself would have rustup fetch linters too.
ENV RUSTUP_TOOLCHAIN=1.95.0 SQLX_OFFLINE=true CARGO_TERM_COLOR=never
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
COPY . .
# Dependencies and what was built of them are kept between builds, outside of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bins -p ingress -p api -p workers \
    && mkdir -p /out/bin /out/media /out/spool \
    && for binary in ingress api message-persistence status-tracker flow-engine outbound-sender media-fetcher janitor; do \
         install -s -m 755 "target/release/$binary" /out/bin/ || exit 1; \
       done

# The C library and the roots of TLS; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/bin/ /usr/local/bin/
# Where volumes are mounted; a new one is given to this user.
COPY --from=build --chown=10001:10001 /out/media /var/lib/loa/media
COPY --from=build --chown=10001:10001 /out/spool /var/lib/loa/spool
USER 10001:10001
EXPOSE 8080 5000 9100
CMD ["api"]
