#!/usr/bin/env node
// What `npx tegata` runs. It is here so that npm can link it before anything is built.
import "../dist/server/cli/index.js";
