// `npm start`: the server, from a clone with nothing installed to answering requests; when nothing changed since the
// last time, it only starts it.
import { runServer } from "./apps.mjs"
import { main } from "./toolchain.mjs"

// A first look needs something to look at; `WICARA_DEMO=false npm start` runs the server alone.
process.env.WICARA_DEMO ??= "true"

main(() => runServer(["serve", ...process.argv.slice(2)]))
