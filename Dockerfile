# glibc, not musl: the native modules are tested with it.
FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN npm ci
COPY . .
RUN npm run build

FROM base AS dependencies
# Nothing loads these: tRPC has TypeScript as a peer dependency, for its types, and npm installs libsql for musl, too.
RUN npm ci --omit=dev && rm -rf node_modules/typescript node_modules/@typescript node_modules/.bin/tsc* node_modules/@libsql/*-musl

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
# For the SQLite file of the default DATABASE_URL: mount a volume here, or the data is lost with the container.
RUN install -d -m 700 -o node -g node .data
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
RUN ln -s /app/bin/tegata.js /usr/local/bin/tegata
USER node
EXPOSE 3000
# A start can wait 60 seconds for another instance that migrates the database.
HEALTHCHECK --interval=10s --timeout=3s --start-period=70s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server/main.js"]
