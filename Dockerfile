# One static binary and the certificates of the public authorities; no shell, no package manager, not root.
#   docker build -t tocsin .
#   docker run --read-only --cap-drop ALL -v tocsin-data:/data -p 127.0.0.1:8080:8080 tocsin
# Inside a container the listener has to be all addresses: bind the published port to loopback, as above, or configure tokens and TLS.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/tocsin ./cmd/tocsin && mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/tocsin /usr/local/bin/tocsin
COPY --from=build --chown=nonroot:nonroot /out/data /data
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/tocsin"]
CMD ["run"]
