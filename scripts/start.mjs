// `npm start`: the server, from a clone with nothing installed to answering requests; when nothing changed since the
// last time, it only starts it.
import { runServer } from "./apps.mjs"
import { main } from "./toolchain.mjs"

main(() => runServer(["serve", ...process.argv.slice(2)]))
